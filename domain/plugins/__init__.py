"""Plugins as the core sees them: what they bring, their switches, their lifespans."""

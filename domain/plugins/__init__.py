"""Plugins: what they register, their switches and quarantine, their lifespans, vetoes, guards."""

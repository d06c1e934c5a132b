"""Consents: what people are asked before a tool acts, and what they answer."""

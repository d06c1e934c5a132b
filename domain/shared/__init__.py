"""Shared by all parts of the core: errors, ids, JSON, text, the clock, the unit of work."""

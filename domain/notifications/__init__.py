"""Notices to users, and the board on which the live ones are told."""

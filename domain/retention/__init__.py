"""Retention: what is deleted when it is old enough."""

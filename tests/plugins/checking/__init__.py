"""Checking plugins."""

"""Runs and their events as they are stored."""

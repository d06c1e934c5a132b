"""Learned APIs as they are stored."""

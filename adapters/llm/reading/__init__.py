"""Decodes providers' streams for all dialects: bodies, server-sent events, JSON, finish reasons."""

"""Parses natural language: words, numbers, dates, places, language."""

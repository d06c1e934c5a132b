"""Validation of a document against the rules of its OpenAPI version, with positions of errors."""

"""Consents: requests for a human's approval of a tool call, and the answers."""

"""Outbound HTTP: clients, the SSRF guard, the transport, and OAuth 2.0 tokens."""

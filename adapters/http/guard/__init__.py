"""The SSRF guard: which addresses outbound requests may reach."""

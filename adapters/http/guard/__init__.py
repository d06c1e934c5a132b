"""The SSRF guard: which addresses requests to the outside may reach."""

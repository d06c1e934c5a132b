"""The repositories of learned APIs, their versions, settings and credentials."""

"""The configuration that operators change while the service runs."""

"""The core: what the service is, in the standard library alone."""

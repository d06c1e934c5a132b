"""Clients of a service, embedded in this process or remote at a URL."""

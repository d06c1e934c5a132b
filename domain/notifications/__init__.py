"""Notices: one-line notifications of what happens in the service, and the port to publish."""

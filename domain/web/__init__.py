"""Outbound HTTP of tools: the allow-list of hosts, and the port to the client."""

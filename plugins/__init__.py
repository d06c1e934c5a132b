"""Plugins: how a tool is written and found, and the tools that ship with the service."""

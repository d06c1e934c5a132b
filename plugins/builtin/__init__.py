"""The plugins that ship with the service."""

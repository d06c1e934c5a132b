"""The core: the service's records, rules and use cases. It imports the standard library only."""

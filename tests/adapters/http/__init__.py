"""The gate, and the client behind it."""

"""A learned API: its versions, what the operator wants of it, its credentials."""

"""Stand-ins that satisfy the ports and keep state, so that tests can look at it."""

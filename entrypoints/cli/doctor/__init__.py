"""``puerto doctor``: what is configured, what is reachable, what is missing."""

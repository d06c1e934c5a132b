"""``puerto demo``: a demonstration with the real service."""

"""``puerto demo``: a conversation with the real service, with every step shown."""

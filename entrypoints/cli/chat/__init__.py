"""``puerto chat`` and ``ask``: a conversation at the terminal."""

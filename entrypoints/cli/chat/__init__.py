"""``puerto chat`` and ``ask``: conversations at the terminal."""

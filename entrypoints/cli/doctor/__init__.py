"""``puerto doctor``: diagnosis of an installation."""

"""How plugins are found, taken in, watched and offered to the core."""

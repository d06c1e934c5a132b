"""``puerto plugin``: commands for the plugins of this environment."""

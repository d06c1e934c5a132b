"""``puerto plugin``: the plugins of this environment."""

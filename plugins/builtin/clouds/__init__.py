"""Code shared by the plugins of the clouds."""

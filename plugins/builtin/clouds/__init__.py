"""What the plugins of the clouds share."""

"""The settings, from the environment and the ``.env`` file."""

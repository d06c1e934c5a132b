"""Containment of plugins: detects and undoes what they do to the process that all share."""

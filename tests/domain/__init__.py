"""The core, tested with fakes alone."""

"""The entrypoints: protocols translated into use cases, and events back into protocols."""

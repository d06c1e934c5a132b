"""Plugins: the authoring kit, the plugin host, the check of plugins, and the built-in plugins."""

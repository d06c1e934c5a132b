"""The plugin host: discovery, loading, registry, quarantine and watchdog of plugins."""

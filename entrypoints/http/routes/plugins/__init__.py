"""Routes of plugins: what operators see and change."""

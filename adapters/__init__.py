"""The adapters: libraries and services behind the ports of the core."""

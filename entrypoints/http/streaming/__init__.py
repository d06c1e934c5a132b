"""Server-sent events and WebSockets."""

"""The HTTP, SSE and WebSocket faces of the service."""

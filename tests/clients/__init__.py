"""The client library, by itself and against the service."""

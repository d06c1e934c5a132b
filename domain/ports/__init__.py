"""The ports: what the core needs, each fulfilled by an adapter."""

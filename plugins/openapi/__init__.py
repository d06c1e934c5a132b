"""Tools out of OpenAPI documents: read, lowered to tools, and called."""

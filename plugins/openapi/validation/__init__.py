"""Whether a document keeps the rules of its OpenAPI version, and where in it one is broken."""

"""Routes of tools: lists, schemas, calls."""

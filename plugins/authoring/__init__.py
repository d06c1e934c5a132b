"""How a tool is written: the decorator, its schema, the hooks."""

"""Tools: their specification, arguments, results, artifacts, secrets, and ranking."""

"""Driving runs: workers, the model, tool calls, questions to people."""

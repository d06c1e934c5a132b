"""Execution of runs: the worker, the runner, model requests, tool calls, consents."""

"""Agents: instructions and a set of tools under a name."""

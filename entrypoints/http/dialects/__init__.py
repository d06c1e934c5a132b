"""Dialects: the addresses, bodies, frames and errors of other backends, over the same use cases.

Each is a folder of its own that holds no rule: a route parses, calls one use case and encodes.
"""

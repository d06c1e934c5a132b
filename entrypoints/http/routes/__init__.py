"""The routes (Quart blueprints): each parses the request, calls one use case, encodes the answer.

The docstrings of views and bodies are texts of the OpenAPI document.
"""

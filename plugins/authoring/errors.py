"""Errors that the author of a plugin must fix."""


class ToolDefinitionError(TypeError):
    """A tool is defined in a way that cannot work; the message says what to change."""

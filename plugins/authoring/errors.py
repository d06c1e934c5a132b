"""What is wrong with plugins that is their authors' to mend."""


class ToolDefinitionError(TypeError):
    """A tool is written in a way that cannot work; the message says what to change."""

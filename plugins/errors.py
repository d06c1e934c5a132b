"""What goes wrong in plugins, and how it is said."""

from typing import Final

from domain.conversations import shorten
from plugins.json_values import clean_text

_REASON_LENGTH: Final = 300


class ToolDefinitionError(TypeError):
    """A tool is written in a way that cannot work; the message says what to change."""


def in_short(error: BaseException) -> str:
    """Return the error's type and message on one line, of bounded length, fit to be stored."""
    return clean_text(shorten(f"{type(error).__name__}: {error}", _REASON_LENGTH))

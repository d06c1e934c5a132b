"""What goes wrong in plugins, and how it is said."""

from typing import Final

from domain.conversations import shorten
from domain.json_values import error_text
from domain.strangers import original
from domain.tool_secrets import Secrets

_REASON_LENGTH: Final = 300


class ToolDefinitionError(TypeError):
    """A tool is written in a way that cannot work; the message says what to change."""


def in_short(error: BaseException, secrets: Secrets | None = None) -> str:
    """Return the error's type and message on one line, of bounded length, fit to be stored.

    Secrets are hidden before it is cut, so that no half of one is left.
    """
    error = original(error)
    said = error_text(error) if secrets is None else error_text(error, secrets.hide)
    return shorten(said, _REASON_LENGTH)

"""What goes wrong in plugins, and how it is said."""

from typing import Final

from domain.conversations import shorten
from domain.tool_secrets import Secrets
from plugins.json_values import clean_text

_REASON_LENGTH: Final = 300


class ToolDefinitionError(TypeError):
    """A tool is written in a way that cannot work; the message says what to change."""


def in_short(error: BaseException, secrets: Secrets | None = None) -> str:
    """Return the error's type and message on one line, of bounded length, fit to be stored.

    Secrets are hidden before it is cut, so that no half of one is left.
    """
    kind = type(error).__name__
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  an error of a plugin's own may not even be able to say itself
        return kind
    said = said if secrets is None else secrets.hide(said)
    return clean_text(shorten(f"{kind}: {said}", _REASON_LENGTH))

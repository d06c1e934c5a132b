"""How values are written: JSON as text, text that any database takes, and ids."""

import json
import re
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from domain.shared.errors import NotFound
from domain.shared.json_values import normalized, require_shallow, storable

__all__ = ["from_text", "is_id", "known_id", "moment", "storable", "to_text"]

_DEEPEST: Final = 200  # orjson reads and writes 254
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def is_id(text: str) -> bool:
    """Tell whether this is a UUID as the core writes them."""
    return _ID.fullmatch(text) is not None


def known_id(text: str, what: str) -> str:
    """Return the id.

    Raises:
        NotFound: it is no id, so there is no such ``what``.

    """
    if not is_id(text):
        raise NotFound(f"There is no such {what}.")
    return text


def to_text(value: Any) -> str:
    """Return a JSON value as text.

    What orjson cannot write exactly (integers beyond 64 bits, half a surrogate pair) the
    standard library writes, and a space in front tells `from_text`.
    """
    try:
        return orjson.dumps(value, default=dict).decode()
    except TypeError:
        return " " + json.dumps(value, default=dict)


def from_text(text: str) -> Any:
    """Return the JSON value that `to_text` wrote.

    What was kept before there was a bound on how deep it may be has JSON text in the place of what
    is deeper than anybody could show.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested deeper than Python can read.

    """
    if not text.startswith(" "):
        return orjson.loads(text)
    value = json.loads(text)
    try:
        require_shallow(value, _DEEPEST)
    except ValueError:
        return normalized(value)
    return value


def moment(value: datetime | str) -> datetime:
    """Return a stored time, which SQLite keeps as text, in UTC."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.astimezone(UTC)

"""Encoding of values for the database: JSON as text, storable text, ids, and times."""

import json
import re
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from domain.shared.errors import NotFound
from domain.shared.json_values import normalized, require_shallow, storable
from domain.tools.schema_text import SchemaText

__all__ = ["from_text", "is_id", "known_id", "moment", "schema_text", "storable", "to_text"]

_DEEPEST: Final = 200  # orjson reads and writes 254
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def is_id(text: str) -> bool:
    """Tell whether the text is a UUID in canonical form."""
    return _ID.fullmatch(text) is not None


def known_id(text: str, what: str) -> str:
    """Check that a text is an id, and return it.

    Raises:
        NotFound: it is no id; the message names ``what``.

    """
    if not is_id(text):
        raise NotFound(f"There is no such {what}.")
    return text


def to_text(value: Any) -> str:
    """Return a JSON value as text.

    Values that orjson cannot write exactly (integers beyond 64 bits, lone surrogates) are written
    by the standard library, with a leading space as a mark for `from_text`.
    """
    try:
        return orjson.dumps(value, default=_encodable).decode()
    except TypeError:
        return " " + json.dumps(value, default=dict)


def schema_text(schema: dict[str, Any]) -> SchemaText:
    """Return a stored schema as text again; it is decoded with the row that it stands in."""
    return SchemaText(to_text(schema).encode())


def _encodable(value: Any) -> Any:
    """Return what orjson writes in place of a mapping that is no ``dict``.

    A schema's text is JSON that orjson wrote, and is stored as it is.
    """
    return orjson.Fragment(value.text) if isinstance(value, SchemaText) else dict(value)


def from_text(text: str) -> Any:
    """Return the JSON value that `to_text` wrote.

    In values stored before the limit on depth, parts that are too deep are replaced by their JSON
    text.

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
    """Return a stored time in UTC; SQLite stores times as text."""
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    return time.astimezone(UTC)

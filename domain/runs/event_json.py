"""Serialization of event bodies to JSON objects for storage: one rule for all kinds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, Final, get_origin, get_type_hints

from domain.runs.events import KINDS, Body


def to_json(body: Body) -> dict[str, Any]:
    """Return the body as a JSON object with its ``type``."""
    data: dict[str, Any] = {"type": body.type}
    for name in _FIELDS[type(body)]:
        data[name] = getattr(body, name)
    return data


def from_json(data: Mapping[str, Any]) -> Body:
    """Return the body that `to_json` wrote. Fields unknown to this version are dropped.

    Raises:
        KeyError: this version knows no event of that type.
        TypeError: a field is missing.
        ValueError: an enum has no such member.

    """
    kind = KINDS[data["type"]]
    values = {name: data[name] for name in _FIELDS[kind] if name in data}
    for name, read in _READERS[kind].items():
        if name in values:
            values[name] = read(values[name])
    return kind(**values)


def _readers_of(kind: type[Body]) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield the fields whose type is not a JSON type, each with its parser."""
    for name, hint in get_type_hints(kind).items():
        if isinstance(hint, type) and issubclass(hint, Enum):
            yield name, hint
        elif get_origin(hint) is tuple:
            yield name, tuple


_FIELDS: Final = {kind: tuple(field.name for field in fields(kind)) for kind in KINDS.values()}
_READERS: Final = {kind: dict(_readers_of(kind)) for kind in KINDS.values()}

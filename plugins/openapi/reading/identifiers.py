"""Identifiers of parts of a document: ``$id`` and anchors of JSON Schema."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin

_ANCHORS: Final = ("$anchor", "$dynamicAnchor")

Trail = tuple[Any, str | int]
"""The path to a part as a linked list, the last step first: ``(trail so far, step)``."""
Part = tuple[Trail | None, str, list[str], dict[str, Any]]
"""An object: its trail, the base URI of its contents, its identifiers, and the object itself."""


def parts_of(tree: Any, base: str = "", trail: Trail | None = None) -> Iterator[Part]:
    """Yield all objects of a document whose base URI is ``base``."""
    waiting: list[tuple[Trail | None, str, Any]] = [(trail, base, tree)]
    while waiting:
        trail, base, value = waiting.pop()
        entries: Any = enumerate(value)
        if isinstance(value, dict):
            entries = value.items()
            names, base = _names_of(value, base)
            yield trail, base, names, value
        for key, inner in entries:
            if isinstance(inner, dict | list):
                waiting.append(((trail, key), base, inner))


def steps_of(trail: Trail | None) -> list[str]:
    """Return the steps of a trail, the first step first."""
    steps = []
    while trail is not None:
        trail, step = trail
        steps.append(str(step))
    return steps[::-1]


def joined(base: str, name: str) -> str:
    """Resolve a URI reference against a base URI; one that is no URI is returned as it is."""
    try:
        return urljoin(base, name)
    except ValueError:
        return name


def _names_of(value: Mapping[str, Any], base: str) -> tuple[list[str], str]:
    """Return the identifiers of an object, and the base URI of its contents."""
    names = []
    name = value.get("$id", value.get("id"))
    if isinstance(name, str) and name and ("$id" in value or name.startswith("#")):
        base = joined(base, name)
        names += [name, base]
    for keyword in _ANCHORS:
        if isinstance(anchor := value.get(keyword), str):
            names += [f"#{anchor}", f"{base}#{anchor}"]
    return names, base

"""The names that parts of a document give themselves: an ``$id``, an anchor."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin

_ANCHORS: Final = ("$anchor", "$dynamicAnchor")

Trail = tuple[Any, str | int]
"""The steps to a place, the last one first: ``(the trail so far, step)``."""
Part = tuple[Trail | None, str, list[str], dict[str, Any]]
"""An object: its place, the address that those in it start from, its names, and itself."""


def parts_of(tree: Any, base: str = "", trail: Trail | None = None) -> Iterator[Part]:
    """Yield all objects of a document, which itself is at the address ``base``."""
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
    """Return the steps of a trail, the first one first."""
    steps = []
    while trail is not None:
        trail, step = trail
        steps.append(str(step))
    return steps[::-1]


def joined(base: str, name: str) -> str:
    """Return the address that a name means where addresses start from ``base``."""
    try:
        return urljoin(base, name)
    except ValueError:  # no URL at all
        return name


def _names_of(value: Mapping[str, Any], base: str) -> tuple[list[str], str]:
    """Return the names of an object, and the address that those in it start from."""
    names = []
    name = value.get("$id", value.get("id"))
    if isinstance(name, str) and name and ("$id" in value or name.startswith("#")):
        base = joined(base, name)
        names += [name, base]
    for keyword in _ANCHORS:
        if isinstance(anchor := value.get(keyword), str):
            names += [f"#{anchor}", f"{base}#{anchor}"]
    return names, base

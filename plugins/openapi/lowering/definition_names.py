"""Names of the definitions in a tool's schema (``$defs``), made of their JSON Pointers."""

import re
from hashlib import sha256
from typing import Final

from domain.shared.json_pointers import split

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,50}\Z")
_HOMES: Final = ("/components/schemas/", "/definitions/")
_MOST: Final = 40


class DefinitionNames:
    """Unique names for JSON Pointers (places), which do not depend on the other definitions."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._places: dict[str, str] = {}

    def name(self, place: str) -> str:
        """Return the name of the definition at a place (a JSON Pointer)."""
        if (name := self._names.get(place)) is None:
            name = _name(place)
            if self._places.get(name, place) != place:
                name = f"{name[:_MOST]}_{_digest(place, 12)}"
            self._names[place] = name
            self._places[name] = place
        return name

    def place(self, name: str) -> str:
        """Return the place of a definition by its name, which `name` returned before."""
        return self._places[name]


def _name(place: str) -> str:
    last = split(place)[-1] if "/" in place else "document"
    if _PLAIN.match(last) and any(place == home + last for home in _HOMES):
        return last
    end = last.rpartition(".")[2] or last  # the last part of "io.example.v1.Pet"
    bare = re.sub(r"[^A-Za-z0-9_]+", "_", end).strip("_")[:_MOST]
    return f"{bare or 'definition'}_{_digest(place, 4)}".lstrip("0123456789_") or "definition"


def _digest(place: str, length: int) -> str:
    return sha256(place.encode("utf-8", "replace")).hexdigest()[:length]

"""References within a schema: which part of the document each one means."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

Schema = Mapping[str, Any]


class Unusable(Exception):
    """A provider cannot be given this tool; the message says why, as the end of a sentence."""


def step(path: str, *parts: str | int) -> str:
    """Return the JSON Pointer that leads further from ``path``."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "/".join([path, *escaped])


class Document:
    """A schema in which references are looked up."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._own = str(root.get("$id") or "").partition("#")[0]
        self._anchors: dict[str, tuple[str, Any]] | None = None

    def find(self, reference: Any) -> tuple[str, Any]:
        """Return where a reference leads, as a JSON Pointer, and the schema there.

        References to what is nothing but a reference are followed; one that leads back to
        itself says nothing, and means any value.

        Raises:
            Unusable: it leads outside the document, or nowhere.

        """
        seen: set[str] = set()
        while True:
            path, schema = self._look_up(reference)
            if not isinstance(schema, Mapping) or schema.keys() != {"$ref"}:
                return path, schema
            if path in seen:
                return path, True
            seen.add(path)
            reference = schema["$ref"]

    def _look_up(self, reference: Any) -> tuple[str, Any]:
        if not isinstance(reference, str):
            raise Unusable(f"its parameters have a reference that is no text: {reference!r}")
        base, _, fragment = reference.partition("#")
        if base and base != self._own:
            raise Unusable(f"its parameters refer to something outside: {reference[:200]!r}")
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            found = self._named().get(fragment)
        else:
            found = self._at(fragment)
        if found is None:
            raise Unusable(f"its parameters refer to what is not there: {reference[:200]!r}")
        return found

    def _at(self, pointer: str) -> tuple[str, Any] | None:
        value: Any = self._root
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(value, Mapping) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            else:
                return None
        return (pointer, value) if isinstance(value, Mapping | bool) else None

    def _named(self) -> dict[str, tuple[str, Any]]:
        if self._anchors is None:
            self._anchors = {}
            waiting: list[tuple[str, Any]] = [("", self._root)]
            while waiting:
                path, value = waiting.pop()
                if isinstance(value, Mapping):
                    for key in ("$anchor", "$dynamicAnchor"):
                        if isinstance(anchor := value.get(key), str):
                            self._anchors.setdefault(anchor, (path, value))
                    waiting += [(step(path, key), each) for key, each in value.items()]
                elif isinstance(value, list):
                    waiting += [(step(path, at), each) for at, each in enumerate(value)]
        return self._anchors

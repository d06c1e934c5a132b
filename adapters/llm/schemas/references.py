"""Resolves references within a schema."""

from collections.abc import Mapping
from itertools import chain
from typing import Any
from urllib.parse import unquote

from domain.shared.json_pointers import join, split, value_at
from domain.shared.json_schema import Schema, walk


class Unusable(Exception):
    """The provider cannot use this tool; the message says why, as the end of a sentence."""


def step(path: str, *parts: str | int) -> str:
    """Return ``path`` extended by one step, as a JSON Pointer."""
    return path + join(*parts)


class SchemaDocument:
    """A schema in which references are resolved."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._own = str(root.get("$id") or "").partition("#")[0]
        self._anchors: dict[str, tuple[str, Any]] | None = None

    def find(self, reference: Any) -> tuple[str, Any]:
        """Return the target of a reference, as a JSON Pointer, and the schema there.

        Chains of references are followed; one that leads back to itself means any value.

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
        found = (join(*split(fragment)), value_at(self._root, fragment))
        if fragment and not fragment.startswith("/"):
            found = self._named().get(unquote(fragment), found)
        if not isinstance(found[1], Mapping | bool):
            raise Unusable(f"its parameters refer to what is not there: {reference[:200]!r}")
        return found

    def _named(self) -> dict[str, tuple[str, Any]]:
        if self._anchors is None:
            self._anchors = {}
            for path, schema in walk(self._root):
                for key in ("$anchor", "$dynamicAnchor"):
                    if isinstance(anchor := schema.get(key), str):
                        place = join(*chain.from_iterable(path))
                        self._anchors.setdefault(anchor, (place, schema))
        return self._anchors

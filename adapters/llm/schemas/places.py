"""The position, the size limits and the losses of a walk through a schema."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.llm.schemas.keywords import tidied
from adapters.llm.schemas.outcome import Loss
from adapters.llm.schemas.references import step


class SchemaTooLarge(Exception):
    """The schema exceeds its size limits, or a limit of the provider."""


@dataclass(frozen=True, slots=True)
class Room:
    """The size limits of a schema.

    ``levels`` is the nesting depth of objects and arrays, ``words`` the characters of a
    description, ``nodes`` the number of schemas; with ``shared``, definitions stay apart and are
    sent once.
    """

    shared: bool
    levels: int
    words: int | None = None
    nodes: int = 2000


@dataclass(frozen=True, slots=True)
class SchemaPlace:
    """A position in the walk: its path in the original, and what it is within.

    ``level`` counts objects and arrays, ``steps`` all schemas; ``opened`` are the definitions that
    were put in place of a reference around here.
    """

    path: str = ""
    level: int = 0
    steps: int = 0
    opened: tuple[str, ...] = ()

    def at(self, *parts: str | int, deeper: bool = False) -> "SchemaPlace":
        """Return the position that the parts lead to from here."""
        path = step(self.path, *parts)
        return replace(self, path=path, level=self.level + deeper, steps=self.steps + 1)

    def opening(self, path: str) -> "SchemaPlace":
        """Return this position within a resolved definition."""
        return replace(self, path=path, steps=self.steps + 1, opened=(*self.opened, path))


class Losses:
    """The losses of a walk, each keyword of each position once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Loss] = {}

    def add(self, path: str, keyword: str, what: str) -> None:
        """Record what became of a keyword."""
        self.known.setdefault((path, keyword), Loss(path, keyword, what))

    def tidied(self, schema: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Return the well-formed keywords of a schema, recording the others as losses."""
        return tidied(schema, lambda keyword, what: self.add(path, keyword, what))

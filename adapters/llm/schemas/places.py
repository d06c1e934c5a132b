"""Where a walk through a schema is, how much it may show, and what it could not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.llm.schemas.keywords import tidied
from adapters.llm.schemas.outcome import Loss
from adapters.llm.schemas.references import step


class TooLarge(Exception):
    """The schema does not fit the room that it was given, or a limit of the provider."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a schema is to be shown.

    ``levels`` is how deep objects and arrays lie in each other, ``words`` the characters of a
    description, ``nodes`` how many schemas there are; ``shared`` keeps definitions apart, where
    they are shown whole and once.
    """

    shared: bool
    levels: int
    words: int | None = None
    nodes: int = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk is: its path in the original, and what it is within.

    ``level`` counts objects and arrays, ``steps`` all schemas; ``opened`` are the definitions
    that stand in place of a reference around here.
    """

    path: str = ""
    level: int = 0
    steps: int = 0
    opened: tuple[str, ...] = ()

    def at(self, *parts: str | int, deeper: bool = False) -> "Place":
        """Return the place that the parts lead to from here."""
        path = step(self.path, *parts)
        return replace(self, path=path, level=self.level + deeper, steps=self.steps + 1)

    def opening(self, path: str) -> "Place":
        """Return this place with a definition opened in it."""
        return replace(self, path=path, steps=self.steps + 1, opened=(*self.opened, path))


class Losses:
    """What a walk lost, each keyword of each place once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Loss] = {}

    def add(self, path: str, keyword: str, what: str) -> None:
        """Note what became of a keyword."""
        self.known.setdefault((path, keyword), Loss(path, keyword, what))

    def tidied(self, schema: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Return the well-formed keywords of a schema, noting the others."""
        return tidied(schema, lambda keyword, what: self.add(path, keyword, what))

"""Context of the recursive conversion of a schema, and its notes."""

from dataclasses import dataclass, replace
from typing import Any

Schema = dict[str, Any]

Notes = dict[str, None]
"""Sentences on losses, each once, in order (an ordered set)."""


@dataclass(frozen=True, slots=True)
class At:
    """Context of the recursive conversion of a schema.

    ``loose`` marks a part of ``allOf``, which does not know the properties of the other parts.
    ``here`` is the place of the definition whose own value is described. ``unsent`` are properties
    that another part declares read-only, and ``inlined`` the definitions that are inlined because
    of them.
    """

    notes: Notes
    depth: int = 0
    loose: bool = False
    here: str | None = None
    unsent: frozenset[str] = frozenset()
    inlined: frozenset[str] = frozenset()

    def inside(self) -> "At":
        """Return the context of a contained value."""
        return At(self.notes, self.depth + 1)

    def choice(self) -> "At":
        """Return the context of a definition that is part of a choice."""
        return At(self.notes, self.depth + 1, unsent=self.unsent, inlined=self.inlined)

    def part(self, *, loose: bool = False) -> "At":
        """Return the context of another schema of the same value."""
        return replace(self, depth=self.depth + 1, loose=loose)

    def writing_out(self, place: str) -> "At":
        """Return the context of a definition that is inlined."""
        return replace(self, depth=self.depth + 1, here=None, inlined=self.inlined | {place})

    def not_sending(self, names: frozenset[str]) -> "At":
        """Return the context with further read-only properties."""
        return self if names <= self.unsent else replace(self, unsent=self.unsent | names)

"""Where the walk through a schema is, and what it has noted."""

from dataclasses import dataclass, replace

Notes = dict[str, None]
"""Sentences on what was lost, each once, in their order."""


@dataclass(frozen=True, slots=True)
class At:
    """Where the walk through a schema is, and what it has noted.

    ``loose`` is a part of ``allOf``, which does not see what the other parts allow. ``here`` is
    the place of the definition that is walked through, where the same value is spoken of.
    ``unsent`` are properties that another part says are read-only, and ``inlined`` the definitions
    that are written out because of them.
    """

    notes: Notes
    depth: int = 0
    loose: bool = False
    here: str | None = None
    unsent: frozenset[str] = frozenset()
    inlined: frozenset[str] = frozenset()

    def inside(self) -> "At":
        """Go to a value in the value."""
        return At(self.notes, self.depth + 1)

    def choice(self) -> "At":
        """Go to a definition that is one of several."""
        return At(self.notes, self.depth + 1, unsent=self.unsent, inlined=self.inlined)

    def part(self, *, loose: bool = False) -> "At":
        """Go to another schema of the same value."""
        return replace(self, depth=self.depth + 1, loose=loose)

    def writing_out(self, place: str) -> "At":
        """Go to a definition that is written out where it is referred to."""
        return replace(self, depth=self.depth + 1, here=None, inlined=self.inlined | {place})

    def not_sending(self, names: frozenset[str]) -> "At":
        """Know of properties that some part says are read-only."""
        return self if names <= self.unsent else replace(self, unsent=self.unsent | names)

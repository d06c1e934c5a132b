"""Candidates: plugins that were discovered and are not loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A discovered plugin. ``load`` imports it, and may raise anything.

    ``module`` is the name of its module; ``file`` is its path if it is one file; ``digest`` is
    that of its code, empty where no code was found. ``problem`` is why it cannot be loaded.
    ``requires`` are the requirements of its distribution; None where they are not known.
    """

    name: str
    load: Callable[[], object]
    version: str = ""
    distribution: str = ""
    file: str = ""
    module: str = ""
    digest: str = ""
    problem: str = ""
    requires: Sequence[str] | None = None

    @property
    def release(self) -> str:
        """Version and digest, which identify this state of the plugin's code.

        The version alone does not: who edits a module seldom changes it.
        """
        return "+".join(filter(None, [self.version, self.digest]))

    @property
    def key(self) -> tuple[str, ...]:
        """The identity of the candidate, the same at each discovery."""
        return self.name, self.distribution, self.file

    @property
    def is_found(self) -> bool:
        """Whether discovery finds it; it does not find objects that were registered directly."""
        return bool(self.distribution or self.file)

    def is_as(self, other: "Candidate") -> bool:
        """Return whether the other is the same release in the same module."""
        mine = (self.module, self.release, self.problem)
        return mine == (other.module, other.release, other.problem)

"""What was found and may become a plugin."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that was found but not yet imported. ``load`` imports it, and may raise anything.

    ``module`` is the module that it is in; ``file`` is its path if it is one file; ``digest`` is
    that of its code, empty where none was found. A ``problem`` says why it cannot be loaded.
    """

    name: str
    load: Callable[[], object]
    version: str = ""
    distribution: str = ""
    file: str = ""
    module: str = ""
    digest: str = ""
    problem: str = ""

    @property
    def release(self) -> str:
        """What tells this state of the plugin's code from another, as far as can be known.

        A version does not: whoever edits a module seldom gives it another.
        """
        return "+".join(filter(None, [self.version, self.digest]))

    @property
    def key(self) -> tuple[str, ...]:
        """What it is found again by."""
        return self.name, self.distribution, self.file

    @property
    def is_found(self) -> bool:
        """Tell whether searching finds it: it is no object that was at hand."""
        return bool(self.distribution or self.file)

    def is_as(self, other: "Candidate") -> bool:
        """Tell whether it is the same release in the same module."""
        mine = (self.module, self.release, self.problem)
        return mine == (other.module, other.release, other.problem)

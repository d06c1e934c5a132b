"""What a check finds."""

from dataclasses import dataclass, replace
from enum import StrEnum
from types import CodeType
from typing import Any


class Level(StrEnum):
    """How bad it is: it does not work, it will make trouble, or it is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Place:
    """A file and a line; the line is 0 where only the file is known."""

    file: str
    line: int = 0

    @classmethod
    def of(cls, code: CodeType) -> "Place":
        """Return where a function begins."""
        return cls(code.co_filename, code.co_firstlineno)


NOWHERE = Place("")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: about what, where, what it is, and what to do.

    ``rule`` is a word for the kind; ``subject`` the name of the tool or hook, empty for the
    plugin as a whole.
    """

    level: Level
    rule: str
    subject: str
    message: str
    advice: str = ""
    place: Place = NOWHERE

    def at(self, place: Place) -> "Finding":
        """Return it with its place."""
        return replace(self, place=place)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of checking one plugin: its name, its tools, and the findings, worst first."""

    plugin: str
    tools: tuple[str, ...]
    findings: tuple[Finding, ...]

    def count(self, level: Level) -> int:
        """Return how many findings there are of a level."""
        return sum(finding.level is level for finding in self.findings)


def sorted_findings(findings: "list[Finding]") -> tuple[Finding, ...]:
    """Return the findings without repetitions, the worst first, then by place."""
    levels = list(Level)

    def order(one: Finding) -> tuple[Any, ...]:
        return levels.index(one.level), one.place.file, one.place.line, one.subject, one.rule

    return tuple(sorted(dict.fromkeys(findings), key=order))

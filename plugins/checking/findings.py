"""Findings of a plugin check, and the report that lists them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import CodeType
from typing import Any


class Level(StrEnum):
    """Severity of a finding: it does not work, it will make trouble, or it is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A position in source code; the line is 0 where only the file is known."""

    file: str
    line: int = 0

    @classmethod
    def of(cls, code: CodeType) -> "SourcePlace":
        """Return the position at which a function begins."""
        return cls(code.co_filename, code.co_firstlineno)


NOWHERE = SourcePlace("")


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a plugin: its rule, subject, position, message, and advice how to fix it.

    ``rule`` is the id of the check; ``subject`` is the name of the tool or hook, empty for the
    plugin as a whole.
    """

    level: Level
    rule: str
    subject: str
    message: str
    advice: str = ""
    place: SourcePlace = NOWHERE

    def at(self, place: SourcePlace) -> "Finding":
        """Return a copy with this position."""
        return replace(self, place=place)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Result of the check of one plugin: its name, its tools, and the findings, worst first.

    ``results`` are the JSON Schemas of the tools' results, of those that declare them; ``parts``
    says what it brings besides tools, such as ``vetoes``.
    """

    plugin: str
    tools: tuple[str, ...]
    findings: tuple[Finding, ...]
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parts: tuple[str, ...] = ()

    def count(self, level: Level) -> int:
        """Return the number of findings of a level."""
        return sum(finding.level is level for finding in self.findings)


def sorted_findings(findings: "list[Finding]") -> tuple[Finding, ...]:
    """Return the findings without duplicates, the worst first, then by position."""
    levels = list(Level)

    def sort_key(one: Finding) -> tuple[Any, ...]:
        return levels.index(one.level), one.place.file, one.place.line, one.subject, one.rule

    return tuple(sorted(dict.fromkeys(findings), key=sort_key))

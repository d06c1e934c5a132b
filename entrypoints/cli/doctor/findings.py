"""Findings of ``puerto doctor``."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """State of a finding."""

    OK = "ok"
    NOTE = "note"  # it works, and there is something to know
    BROKEN = "broken"  # something that is needed does not work


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """The result of one check. ``detail`` never holds a secret."""

    subject: str
    state: State
    detail: str

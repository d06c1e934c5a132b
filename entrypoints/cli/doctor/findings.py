"""What ``puerto doctor`` says of one thing that it looked at."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"  # it works, and there is something to know
    BROKEN = "broken"  # something that is needed does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. No secret is ever in ``detail``."""

    subject: str
    state: State
    detail: str

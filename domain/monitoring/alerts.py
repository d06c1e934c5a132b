"""Alerts: what is wrong out there, as plugins see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad it is; ``ok`` is said of what was bad before."""

    CRITICAL = "critical"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Alert:
    """The present state of one thing that is watched.

    ``key`` names the thing for good, within its source; ``title`` is one line for people.
    """

    key: str
    severity: Severity
    title: str
    details: Mapping[str, Any] = field(default_factory=dict)

"""Alerts: the state of things that plugins watch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """The severity of an alert; ``ok`` says that an earlier problem is over."""

    CRITICAL = "critical"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Alert:
    """The current state of one thing that is watched.

    ``key`` is the thing's permanent name within its source; ``title`` is one line for people.
    """

    key: str
    severity: Severity
    title: str
    details: Mapping[str, Any] = field(default_factory=dict)

"""What a conversation keeps of a tool call: what was asked for, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a record: what clients and models are told."""

    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return ``{code, message, details}``."""
        return {"code": self.code, "message": self.message, "details": dict(self.details)}


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call that a model asked for."""

    id: str
    tool: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What came of the call of this id: a result, a JSON value, unless there is a problem."""

    id: str
    tool: str
    result: Any = None
    problem: Problem | None = None

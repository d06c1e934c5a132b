"""The records of tool calls in a conversation: the request, and the outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a record, as clients and models receive it.

    ``retryable``: whoever raised it says that the same call may succeed later.
    """

    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    retryable: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return ``{code, message, details}``, with ``retryable`` where it is true."""
        data = {"code": self.code, "message": self.message, "details": dict(self.details)}
        return {**data, "retryable": True} if self.retryable else data


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A tool call requested by a model."""

    id: str
    tool: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """The outcome of the call with this id: a result (a JSON value), or a problem."""

    id: str
    tool: str
    result: Any = None
    problem: Problem | None = None

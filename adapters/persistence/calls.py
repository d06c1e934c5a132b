"""Serialization of tool calls, their outcomes, and the outcomes of runs."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, TypeVar

from adapters.persistence.engine.formats import CALLS, OUTCOME, RESULTS, Format
from domain.conversations.calls import CallOutcome, CallRequest, Problem
from domain.models.messages import Usage
from domain.runs.outcomes import RunOutcome
from domain.shared.error_codes import ErrorCode

T = TypeVar("T")

WHY: Final = "What is kept here cannot be read."
UNREADABLE: Final = {"unreadable": WHY}

_CALL: Final = CallRequest("unreadable", "unreadable", UNREADABLE)
_OUTCOME: Final = CallOutcome("unreadable", "unreadable", problem=Problem(ErrorCode.INTERNAL, WHY))
_log = logging.getLogger(__name__)


def write_calls(calls: Iterable[CallRequest]) -> str:
    """Serialize calls."""
    return CALLS.write([{"id": c.id, "tool": c.tool, "params": c.params} for c in calls])


def read_calls(text: str) -> Sequence[CallRequest]:
    """Deserialize calls; one that cannot be read is replaced by a placeholder."""
    return _read(CALLS, text, _to_call, _CALL)


def _to_call(data: Mapping[str, Any]) -> CallRequest:
    return CallRequest(data["id"], data["tool"], data["params"])


def write_outcomes(outcomes: Iterable[CallOutcome]) -> str:
    """Serialize the outcomes of calls."""
    return RESULTS.write([_outcome(each) for each in outcomes])


def _outcome(outcome: CallOutcome) -> dict[str, Any]:
    about = {"id": outcome.id, "tool": outcome.tool}
    if outcome.problem is None:
        return about | {"result": outcome.result}
    return about | {"error": outcome.problem.to_json()}


def read_outcomes(text: str) -> Sequence[CallOutcome]:
    """Deserialize the outcomes of calls; unreadable ones are replaced, as in `read_calls`."""
    return _read(RESULTS, text, _to_outcome, _OUTCOME)


def _to_outcome(data: Mapping[str, Any]) -> CallOutcome:
    if "error" in data:
        return CallOutcome(data["id"], data["tool"], problem=_to_problem(data["error"]))
    return CallOutcome(data["id"], data["tool"], data["result"])


def _read(form: Format, text: str, read: Callable[[Any], T], otherwise: T) -> Sequence[T]:
    return tuple(_read_one(data, read, otherwise) for data in form.readable(text, [None]))


def _read_one(data: Any, read: Callable[[Any], T], otherwise: T) -> T:
    try:
        return read(data)
    except (LookupError, TypeError, AttributeError):
        return otherwise


def write_run_outcome(outcome: RunOutcome) -> str:
    """Serialize the outcome of a run."""
    return OUTCOME.write(asdict(outcome))


def read_run_outcome(text: str) -> RunOutcome | None:
    """Deserialize the outcome of a run; None if it cannot be read."""
    try:
        return _to_run_outcome(OUTCOME.read(text))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        _log.error("the outcome of a run cannot be read: %s", error)
        return None


def _to_run_outcome(data: Mapping[str, Any]) -> RunOutcome:
    problem = data["problem"]
    return RunOutcome(
        stop=data["stop"],
        provider=data["provider"],
        model=data["model"],
        usage=Usage(**data["usage"]),
        cost_usd=data["cost_usd"],
        effects=tuple(data["effects"]),
        problem=None if problem is None else _to_problem(problem),
        warnings=tuple(data.get("warnings", ())),
    )


def _to_problem(data: Mapping[str, Any]) -> Problem:
    is_retryable = data.get("retryable") is True
    return Problem(data["code"], data["message"], data.get("details", {}), is_retryable)

"""The calls of an answer and what came of them, and what came of a run, as they are kept."""

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
    """Return calls as text."""
    return CALLS.write([{"id": c.id, "tool": c.tool, "params": c.params} for c in calls])


def read_calls(text: str) -> Sequence[CallRequest]:
    """Return the calls that `write_calls` wrote; for each that cannot be read, what says so."""
    return _read(CALLS, text, _to_call, _CALL)


def _to_call(kept: Mapping[str, Any]) -> CallRequest:
    return CallRequest(kept["id"], kept["tool"], kept["params"])


def write_outcomes(outcomes: Iterable[CallOutcome]) -> str:
    """Return outcomes as text."""
    return RESULTS.write([_outcome(each) for each in outcomes])


def _outcome(outcome: CallOutcome) -> dict[str, Any]:
    about = {"id": outcome.id, "tool": outcome.tool}
    if outcome.problem is None:
        return about | {"result": outcome.result}
    return about | {"error": outcome.problem.to_json()}


def read_outcomes(text: str) -> Sequence[CallOutcome]:
    """Return the outcomes that `write_outcomes` wrote, in the way of `read_calls`."""
    return _read(RESULTS, text, _to_outcome, _OUTCOME)


def _to_outcome(kept: Mapping[str, Any]) -> CallOutcome:
    if "error" in kept:
        return CallOutcome(kept["id"], kept["tool"], problem=_to_problem(kept["error"]))
    return CallOutcome(kept["id"], kept["tool"], kept["result"])


def _read(form: Format, text: str, read: Callable[[Any], T], otherwise: T) -> Sequence[T]:
    return tuple(_read_one(kept, read, otherwise) for kept in form.readable(text, [None]))


def _read_one(kept: Any, read: Callable[[Any], T], otherwise: T) -> T:
    try:
        return read(kept)
    except (LookupError, TypeError, AttributeError):
        return otherwise


def write_run_outcome(outcome: RunOutcome) -> str:
    """Return what came of a run as text."""
    return OUTCOME.write(asdict(outcome))


def read_run_outcome(text: str) -> RunOutcome | None:
    """Return what `write_run_outcome` wrote; None, if it cannot be read."""
    try:
        return _to_run_outcome(OUTCOME.read(text))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        _log.error("the outcome of a run cannot be read: %s", error)
        return None


def _to_run_outcome(kept: Mapping[str, Any]) -> RunOutcome:
    problem = kept["problem"]
    return RunOutcome(
        stop=kept["stop"],
        provider=kept["provider"],
        model=kept["model"],
        usage=Usage(**kept["usage"]),
        cost_usd=kept["cost_usd"],
        effects=tuple(kept["effects"]),
        problem=None if problem is None else _to_problem(problem),
    )


def _to_problem(kept: Mapping[str, Any]) -> Problem:
    return Problem(kept["code"], kept["message"], kept.get("details", {}))

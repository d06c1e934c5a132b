"""Reads cassettes: recorded answers as JSON, in the format of `adapters.llm.scripted.model`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from domain.conversations.calls import Problem
from domain.models.messages import Piece, Reasoning, Stop, StopReason, Text, ToolRequest, Usage
from domain.shared.error_codes import Refusal
from domain.shared.errors import ProviderReason, Unavailable

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait that many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Fail as a provider does; the fields are those of `domain.shared.errors.ProviderError`."""

    reason: ProviderReason
    message: str
    status: int | None
    retry_after: float | None


@dataclass(frozen=True, slots=True)
class RecordedCall(ToolRequest):
    """A call with what came of it when it was recorded: ``problem``, or else ``result``."""

    result: Any = None
    problem: Problem | None = None


Step = Piece | Delay | Failure
Answer = Sequence[Step]


class _Malformed(ValueError):
    """The data is no cassette; the message names the place and the problem."""


def load(source: Path | str | Sequence[Any]) -> Sequence[Answer]:
    """Read a cassette from a file or from its data; each answer ends with a `Stop`.

    Raises:
        Unavailable: there is no such file, or it is no cassette; the message says where.

    """
    in_file = isinstance(source, Path | str)
    name = f"The cassette {source}" if in_file else "The cassette"
    try:
        data = json.loads(Path(source).read_bytes()) if in_file else source  # type: ignore[arg-type]  # mypy does not follow in_file
        return [_answer(answer, f"[{n}]") for n, answer in enumerate(_list(data, "[]"))]
    except OSError as error:
        raise Unavailable(f"{name} cannot be read: {error.strerror}.") from error
    except _Malformed as error:
        raise Unavailable(f"{name} is malformed: {error}.") from error
    except ValueError as error:
        raise Unavailable(f"{name} is not JSON: {error}.") from error


def _answer(data: Any, at: str) -> Answer:
    answer = _object(data, {"pieces", "stop", "usage"}, at)
    pieces = _list(answer.get("pieces"), f"{at}.pieces")
    steps = [_step(piece, f"{at}.pieces[{n}]") for n, piece in enumerate(pieces)]
    asks = any(isinstance(step, ToolRequest) for step in steps)
    usual = StopReason.TOOL_CALLS if asks else StopReason.END
    reason = _one_of(StopReason, answer.get("stop", usual), f"{at}.stop")
    return [*steps, Stop(reason, _usage(answer.get("usage", {}), f"{at}.usage"))]


def _step(data: Any, at: str) -> Step:
    match _object(data, {"text", "reasoning", "tool", "arguments", "result", "error", "delay"}, at):
        case {"text": str(text), **rest} if not rest:
            return Text(text)
        case {"reasoning": str(text), **rest} if not rest:
            return Reasoning(text)
        case {"tool": str(tool), **rest} if not rest.keys() - {"arguments", "result", "error"}:
            return _call(tool, rest, at)
        case {"error": error, **rest} if not rest:
            return _failure(error, f"{at}.error")
        case {"delay": seconds, **rest} if not rest:
            return Delay(_number(seconds, f"{at}.delay"))
    raise _Malformed(f"{at} is none of: text, reasoning, tool with arguments, error, delay")


def _call(tool: str, data: Mapping[str, Any], at: str) -> ToolRequest:
    arguments = json.dumps(_object(data.get("arguments", {}), None, f"{at}.arguments"))
    if "result" in data and "error" in data:
        raise _Malformed(f"{at} has a result and an error")
    if "error" in data:
        return RecordedCall(tool, arguments, problem=_problem(data["error"], f"{at}.error"))
    if "result" in data:
        return RecordedCall(tool, arguments, result=data["result"])
    return ToolRequest(tool, arguments)


def _problem(data: Any, at: str) -> Problem:
    error = _object(data, {"code", "message", "details", "retryable"}, at)
    code, message = error.get("code", Refusal.TOOL_FAILED), error.get("message")
    if not isinstance(code, str) or not isinstance(message, str):
        raise _Malformed(f"{at} has no code and message that are texts")
    details = _object(error.get("details", {}), None, f"{at}.details")
    return Problem(str(code), message, details, error.get("retryable", False) is True)


def _failure(data: Any, at: str) -> Failure:
    error = _object(data, {"reason", "message", "status", "retry_after"}, at)
    reason = _one_of(ProviderReason, error.get("reason"), f"{at}.reason")
    status, wait = error.get("status"), error.get("retry_after")
    return Failure(
        reason,
        str(error.get("message", f"The cassette has a failure here: {reason}.")),
        None if status is None else int(_number(status, f"{at}.status")),
        None if wait is None else _number(wait, f"{at}.retry_after"),
    )


def _usage(data: Any, at: str) -> Usage:
    counts = _object(data, {"input_tokens", "output_tokens", "cached_tokens"}, at)
    return Usage(**{key: int(_number(count, f"{at}.{key}")) for key, count in counts.items()})


def _list(value: Any, at: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise _Malformed(f"{at} is not a list")
    return value


def _object(value: Any, keys: set[str] | None, at: str) -> dict[str, Any]:
    """Return the object if it has no other keys than these; None allows any."""
    if not isinstance(value, dict):
        raise _Malformed(f"{at} is not an object")
    if keys is not None and (unknown := value.keys() - keys):
        raise _Malformed(f"{at} has an unknown key {min(unknown)!r}")
    return value


def _number(value: Any, at: str) -> float:
    if not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise _Malformed(f"{at} is not a number from 0 up")
    return value


def _one_of(choices: type[_Choice], value: Any, at: str) -> _Choice:
    if value not in list(choices):
        raise _Malformed(f"{at} is none of: {', '.join(choices)}")
    return choices(value)

"""JSON as the service writes it, and the events of a run as clients see them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from domain.consents.consent import ConsentKind
from domain.conversations.calls import CallOutcome, CallRequest
from domain.models.messages import StopReason
from domain.runs.call_events import (
    ConsentRequested,
    ToolErred,
    ToolFinished,
    ToolIntended,
    ToolProgressed,
)
from domain.runs.cursors import write_cursor
from domain.runs.events import (
    Answered,
    Body,
    Chunk,
    Ended,
    Erred,
    Event,
    Paused,
    Retried,
    RunStarted,
    Thinking,
)
from domain.runs.run import Call
from domain.runs.states import RunStatus
from domain.shared.json_text import written
from domain.shared.json_values import described, normalized

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
_RUN: Final = b'{"type":"run",'
_DEPTH: Final = 200  # of what was stored before there was a bound, and what stands around it
_PIECES: Final = {
    kind: f'{{"type":"{kind.wire_name}","content":%b}}'.encode() for kind in (Chunk, Thinking)
}


def dump(value: Any) -> bytes:
    """Return a JSON value as UTF-8 text.

    It cannot fail: what the library refuses (an integer beyond 64 bits, half a surrogate pair, more
    than 254 levels, an object without a JSON form) is written in another way.
    """
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        plain = normalized(value, other=_plain, depth=_DEPTH, bottomless="(too deep to be shown)")
        return written(plain).encode()


def _plain(value: Any) -> Any:
    """Return what stands for an object: what the library makes of it, if it knows it."""
    try:
        return orjson.loads(orjson.dumps(value, option=_OPTIONS))
    except TypeError:
        return described(value)


def time_text(at: datetime) -> str:
    """Return a time as RFC 3339 in UTC, with ``Z``."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class EventEncoder:
    """Turns the events of one run into the canonical JSON objects.

    Events that clients have no use for (the start of a tool, the end of a model's step, the answer
    to a consent request) give None.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._run_id_text = dump(run_id)

    def encode(self, event: Event) -> dict[str, Any] | None:
        """Return the event as clients see it."""
        body = event.body
        encoder = ENCODERS.get(type(body))
        fields = None if encoder is None else encoder(self._run_id, body)
        return None if fields is None else {"type": body.wire_name, **fields}

    def frames(self, events: Iterable[Event]) -> Iterator[bytes]:
        """Yield the events as WebSocket frames: the same objects with ``run_id`` and ``cursor``."""
        for cursor, data in self._encoded(events):
            yield b'%b,"cursor":"%b"}' % (self._named(data)[:-1], cursor)

    def server_sent(self, events: Iterable[Event]) -> bytes:
        """Return the events as server-sent events, the cursor as their id."""
        return b"".join([b"id: %b\ndata: %b\n\n" % each for each in self._encoded(events)])

    def server_sent_named(self, events: Iterable[Event]) -> bytes:
        """Return the same with ``run_id`` in each object, where several runs share a stream."""
        return b"".join(
            [
                b"id: %b\ndata: %b\n\n" % (cursor, self._named(data))
                for cursor, data in self._encoded(events)
            ]
        )

    def _named(self, data: bytes) -> bytes:
        """Return an event's JSON text with the run's id; the event ``run`` has it already."""
        if data.startswith(_RUN):
            return data
        return b'%b,"run_id":%b}' % (data[:-1], self._run_id_text)

    def _encoded(self, events: Iterable[Event]) -> Iterator[tuple[bytes, bytes]]:
        """Yield the cursor and the JSON text of each event that clients see."""
        for event in events:
            body = event.body
            if isinstance(body, Chunk | Thinking):  # hundreds in an answer: put together by hand
                data = _PIECES[type(body)] % dump(body.content)
            elif (seen := self.encode(event)) is not None:
                data = dump(seen)
            else:
                continue
            yield write_cursor(self._run_id, event.attempt, event.number).encode(), data


def _run(run_id: str, body: RunStarted) -> dict[str, Any]:
    data = {
        "run_id": run_id,
        "conversation_id": body.conversation_id or None,
        "message_id": body.message_id or None,
    }
    return data if body.agent is None else {**data, "agent": body.agent["name"]}


def _piece(_run_id: str, body: Chunk | Thinking) -> dict[str, Any]:
    return {"content": body.content}


def _intended(_run_id: str, body: ToolIntended) -> dict[str, Any]:
    data = {"id": body.call_id, "tool": body.tool, "params": body.params}
    return data if body.parent is None else {**data, "parent": body.parent}


def _consent(_run_id: str, body: ConsentRequested) -> dict[str, Any]:
    return {"consent_request": consent_request(body)}


def _progress(_run_id: str, body: ToolProgressed) -> dict[str, Any]:
    data: dict[str, Any] = {"id": body.call_id, "tool": body.tool, "message": body.message}
    if body.fraction is not None:
        data["fraction"] = body.fraction
    return {**data, "output": body.output} if body.output else data


def _finished(_run_id: str, body: ToolFinished) -> dict[str, Any]:
    return _outcome(body) | {"result": body.result}


def _failed(_run_id: str, body: ToolErred) -> dict[str, Any]:
    return _outcome(body) | {"error": body.problem.to_json()}


def _outcome(body: ToolFinished | ToolErred) -> dict[str, Any]:
    data: dict[str, Any] = {"id": body.call_id, "tool": body.tool}
    return data if body.params is None else {**data, "params": body.params}


def _retried(run_id: str, body: Retried) -> dict[str, Any]:
    return {"after": write_cursor(run_id, body.after_attempt, body.after_number)}


def _answered(_run_id: str, body: Answered) -> dict[str, Any] | None:
    """Return the whole text; None where a tool was called without the agent."""
    if not body.message_id:
        return None
    return {"message_id": body.message_id, "content": body.content}


def _erred(_run_id: str, body: Erred) -> dict[str, Any]:
    return {"error": {"code": body.code, "message": body.message, "details": body.details}}


def consent_request(body: ConsentRequested) -> dict[str, Any]:
    """Return what a human is asked, as clients see it; the fields of a tool's question included."""
    question: dict[str, Any] = {"message": body.message, **body.fields} if body.message else {}
    if body.kind is ConsentKind.CONNECT_ACCOUNT:
        question["address"] = (
            f"/api/connected-accounts/{body.fields['plugin']}/{body.fields['account']}"
        )
    return question | {
        "id": body.request_id,
        "call_id": body.call_id,
        "kind": body.kind,
        "tool": body.tool,
        "params": body.params,
        "effect": body.effect,
        "reason": body.reason,
        "preview": body.preview,
        "preview_lines": body.preview_lines,
        "confirm": body.confirm,
        "digest": body.digest,
        "expires_at": time_text(datetime.fromisoformat(body.expires_at)),
    }


def tool_call(call: Call | CallRequest) -> dict[str, Any]:
    """Return a call that the model asked for, as clients see it."""
    return {"id": call.id, "tool": call.tool, "params": call.params}


def tool_result(outcome: Call | CallOutcome) -> dict[str, Any]:
    """Return what came of a settled call, as clients see it: ``result`` or ``error``."""
    about = {"id": outcome.id, "tool": outcome.tool}
    if outcome.problem is not None:
        return about | {"error": outcome.problem.to_json()}
    return about | {"result": outcome.result}


def usage(
    input_tokens: int, output_tokens: int, cached_tokens: int = 0, cost_usd: float | None = None
) -> dict[str, float]:
    """Return tokens as clients see them, and their cost in US dollars where it is known.

    ``cached_tokens`` are part of the input tokens.
    """
    data: dict[str, float] = {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }
    if cached_tokens:
        data["cached_tokens"] = cached_tokens
    if cost_usd is not None:
        data["cost_usd"] = float(f"{cost_usd:.8g}")  # sums of floats trail digits of no meaning
    return data


def _ended(_run_id: str, body: Ended) -> dict[str, Any]:
    return _end(body, body.status, body.stop, body.effects)


def _paused(_run_id: str, body: Paused) -> dict[str, Any]:
    return _end(body, RunStatus.WAITING_CONSENT, StopReason.TOOL_CALLS, ())


def _end(
    body: Ended | Paused, status: RunStatus, stop: str, effects: Sequence[str]
) -> dict[str, Any]:
    end: dict[str, Any] = {
        "status": status.value,
        "stop": str(stop),
        "usage": usage(body.input_tokens, body.output_tokens, body.cached_tokens, body.cost_usd),
        "effects": list(effects),
    }
    return {**end, "warnings": list(body.warnings)} if body.warnings else end


ENCODERS: Final[Mapping[type[Body], Callable[[str, Any], dict[str, Any] | None]]] = {
    RunStarted: _run,
    Thinking: _piece,
    Chunk: _piece,
    ToolIntended: _intended,
    ConsentRequested: _consent,
    ToolProgressed: _progress,
    ToolFinished: _finished,
    ToolErred: _failed,
    Retried: _retried,
    Paused: _paused,
    Answered: _answered,
    Erred: _erred,
    Ended: _ended,
}
"""What makes the fields of each kind of event that clients see, from the run's id and the body."""

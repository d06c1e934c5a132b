"""A run as server-sent events (WHATWG HTML, section 9.2), and as one JSON answer."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from quart import Response, g

from domain.errors import PuertoError, Unavailable
from domain.events import ConsentRequested, Ended, Event, Paused, ToolErred, ToolFinished
from domain.folding import advance, fold
from domain.log_context import log_failure
from domain.reading import Tell
from domain.run_states import RunStatus
from domain.runs import Problem, Run
from entrypoints.encoding import EventEncoder, consent_request, usage
from entrypoints.http.connection import Send, Stream, sent_at_once, stream_part
from entrypoints.http.errors import error_response, status_and_code, status_of_code

Batches = AsyncGenerator[Sequence[Event], None]
Follow = Callable[[Tell], Batches]
Leave = Callable[[], Awaitable[None]]

_log = logging.getLogger("puerto.http")

STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
ALIVE: Final = b": still here\n\n"
# Milliseconds, for an EventSource that lost the line. A part of the first event: many clients take
# a block without data for an event that is empty.
COME_BACK: Final = b"retry: 1000\n"


def event_stream(run_id: str, follow: Follow, on_leave: Leave | None = None) -> Response:
    """Return a response that streams the events; ``on_leave`` runs if the client goes early.

    ``follow`` is given what tells a piece at once, and gives the events that it did not tell.
    """
    body = partial(_send_events, EventEncoder(run_id), follow, on_leave)
    return Stream(body, content_type="text/event-stream", headers=STREAM_HEADERS)


async def _send_events(
    encoder: EventEncoder, follow: Follow, on_leave: Leave | None, send: Send
) -> None:
    """Send each batch as one part; the comments between show that the line is alive."""
    first, last = COME_BACK, b""

    def at_once(event: Event) -> bool:
        piece = stream_part(encoder.server_sent((event,)), more=True)
        return not first and sent_at_once(send(piece))

    batches = follow(at_once)
    try:
        async with _noticing(on_leave), aclosing(batches):
            async for events in batches:
                if not events:
                    await send(stream_part(ALIVE, more=True))
                elif not (data := encoder.server_sent(events)):
                    continue
                elif isinstance(events[-1].body, Ended | Paused):
                    last = first + data
                    break
                else:
                    await send(stream_part(first + data, more=True))
                    first = b""
    except PuertoError as error:
        log_cut(error)
    await send(stream_part(last, more=False))


def log_cut(error: PuertoError) -> None:
    """Log why a stream ends without its `done`: its reader comes back, after what it has."""
    log_failure(_log, "a stream was cut short", error)


@dataclass(frozen=True, slots=True)
class Told:
    """A run as far as it came: to its end, or to where it waits for a human."""

    run: Run
    events: Sequence[Event]
    is_waiting: bool

    @property
    def status(self) -> RunStatus:
        """Where the run stood then."""
        return RunStatus.WAITING_CONSENT if self.is_waiting else self.run.status

    def requests(self) -> list[dict[str, Any]]:
        """Return what it waits for, as clients see it."""
        waiting = {call.request_id for call in self.run.calls.values() if call.is_waiting}
        return [
            consent_request(event.body)
            for event in self.events
            if isinstance(event.body, ConsentRequested) and event.body.request_id in waiting
        ]


async def collect(run_id: str, batches: Batches, on_leave: Leave | None = None) -> Told:
    """Return the run as far as it comes; ``on_leave`` runs if the client goes early.

    Raises:
        Unavailable: the service stops, and the run goes on elsewhere.

    """
    events: list[Event] = []
    async with _noticing(on_leave), aclosing(batches):
        async for batch in batches:
            for event in batch:
                _add(events, event)
    is_waiting = bool(events) and isinstance(events[-1].body, Paused)
    if is_waiting:
        events.pop()
    run = fold(run_id, events)
    if not (is_waiting or run.status.is_final):
        message = "The service is stopping. The run goes on: follow its events."
        raise Unavailable(message, details=_place(run))
    return Told(run, events, is_waiting)


async def first_answer(run_id: str, batches: Batches) -> Batches:
    """Yield the events up to where the run first has to wait for a human.

    So a request that comes again is answered as it was, however far its run is by now.
    """
    run: Run | None = None
    unfolded: list[Event] = []
    async with aclosing(batches):
        async for batch in batches:
            for place, event in enumerate(batch):
                if run is not None and not unfolded and _has_to_wait(run):
                    yield [*batch[:place], Event(run.number, run.attempt, run.paused())]
                    return
                _add(unfolded, event)
                if isinstance(event.body, ConsentRequested | ToolFinished | ToolErred):
                    run = advance(run, unfolded) if run is not None else fold(run_id, unfolded)
                    unfolded = []
            yield batch


def _add(events: list[Event], event: Event) -> None:
    """Add an event; those that another attempt numbers anew were never stored, and go."""
    while events and events[-1].number >= event.number and not isinstance(event.body, Paused):
        events.pop()
    events.append(event)


def _has_to_wait(run: Run) -> bool:
    pending = run.unsettled
    return bool(pending) and all(call.is_waiting for call in pending)


@asynccontextmanager
async def _noticing(on_leave: Leave | None) -> AsyncGenerator[None, None]:
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        if on_leave is not None:
            await on_leave()
        raise


def answer(told: Told) -> dict[str, Any]:
    """Return the one JSON object that a run amounts to."""
    run, requests = told.run, told.requests() if told.is_waiting else []
    used = run.usage
    return {
        "conversation_id": run.started.conversation_id,
        "run_id": run.id,
        "message_id": run.started.message_id,
        "message": run.text,
        "status": told.status,
        "tool_calls": run.tool_calls(),
        "results": run.results(),
        "requires_consent": requests[0] if requests else None,
        "consent_requests": requests,
        "usage": usage(used.input_tokens, used.output_tokens, used.cached_tokens, run.cost_usd),
    }


def failure(run: Run, problem: Problem) -> Response:
    """Return the error that ended a run, with the ids by which it can be looked at."""
    g.is_told = True  # by the line of the run itself
    return error_response(
        status_of_code(problem.code),
        problem.code,
        problem.message,
        dict(problem.details) | _place(run),
    )


def _place(run: Run) -> dict[str, str]:
    where = {"run_id": run.id, "conversation_id": run.started.conversation_id}
    return {name: value for name, value in where.items() if value}


def error_frame(error: PuertoError) -> dict[str, Any]:
    """Return an error outside of any run, as WebSocket clients see it."""
    _, code = status_and_code(error)
    return {
        "type": "error",
        "error": {"code": code, "message": error.message, "details": error.details},
    }

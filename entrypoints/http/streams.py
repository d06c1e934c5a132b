"""A run as server-sent events (WHATWG HTML, section 9.2), and as one JSON answer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

from quart import Response

from domain.errors import PuertoError
from domain.events import Event
from domain.runs import Problem, Run, fold
from entrypoints.encoding import EventEncoder
from entrypoints.http.errors import error_response, status_and_code, status_of_code

Batches = AsyncGenerator[Sequence[Event], None]
Leave = Callable[[], Awaitable[None]]

_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_ALIVE: Final = b": still here\n\n"


def event_stream(run_id: str, batches: Batches, on_leave: Leave | None = None) -> Response:
    """Return a response that streams the events; ``on_leave`` runs if the client goes early."""
    response = Response(
        _encode(EventEncoder(run_id), batches, on_leave),
        content_type="text/event-stream",
        headers=_HEADERS,
    )
    response.timeout = None  # a run takes as long as it takes; the comments show it is alive
    return response


async def _encode(
    encoder: EventEncoder, batches: Batches, on_leave: Leave | None
) -> AsyncGenerator[bytes, None]:
    async with _noticing(on_leave), aclosing(batches):
        async for events in batches:
            if data := encoder.server_sent(events) if events else _ALIVE:
                yield data


async def collect(run_id: str, batches: Batches, on_leave: Leave | None = None) -> Run:
    """Return the run as it stands at its end; ``on_leave`` runs if the client goes early."""
    events: list[Event] = []
    async with _noticing(on_leave), aclosing(batches):
        async for batch in batches:
            events.extend(batch)
    return fold(run_id, events)


@asynccontextmanager
async def _noticing(on_leave: Leave | None) -> AsyncGenerator[None, None]:
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        if on_leave is not None:
            await on_leave()
        raise


def answer(run: Run) -> dict[str, Any]:
    """Return the one JSON object that a finished run amounts to."""
    used = run.usage
    return {
        "conversation_id": run.started.conversation_id,
        "run_id": run.id,
        "message_id": run.started.message_id,
        "message": run.text,
        "status": run.status,
        "tool_calls": run.tool_calls(),
        "results": run.results(),
        "requires_consent": None,
        "usage": {
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "total_tokens": used.input_tokens + used.output_tokens,
        },
    }


def failure(run: Run, problem: Problem) -> Response:
    """Return the error that ended a run, with the ids by which it can be looked at."""
    where = {"run_id": run.id, "conversation_id": run.started.conversation_id}
    return error_response(
        status_of_code(problem.code),
        problem.code,
        problem.message,
        dict(problem.details) | where,
    )


def error_frame(error: PuertoError) -> dict[str, Any]:
    """Return an error outside of any run, as WebSocket clients see it."""
    _, code = status_and_code(error)
    return {
        "type": "error",
        "error": {"code": code, "message": error.message, "details": error.details},
    }

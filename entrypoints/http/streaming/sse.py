"""A run as a stream of server-sent events (WHATWG HTML, section 9.2), or as one JSON answer."""

import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from quart import Response, g

from domain.conversations.calls import Problem
from domain.runs.answer import RunAnswer
from domain.runs.events import Ended, Event, Paused
from domain.runs.reader import RunReader
from domain.shared.errors import PuertoError
from domain.shared.log_context import log_failure
from entrypoints.encoding import EventEncoder, consent_request, tool_call, tool_result, usage
from entrypoints.http.errors import error_response, status_and_code, status_of_code
from entrypoints.http.security.guard import identity
from entrypoints.http.streaming.connection import Send, Stream, sent_at_once, stream_part
from entrypoints.wiring.services import services

_log = logging.getLogger("puerto.http")

STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
ALIVE: Final = b": still here\n\n"
# Milliseconds until an EventSource reconnects. It is part of the first event, since many clients
# take a block without data for an empty event.
COME_BACK: Final = b"retry: 1000\n"


def event_stream(reader: RunReader) -> Response:
    """Return a response that streams the events of a run."""
    login = services().accounts.login_watch.during(identity())
    body = partial(_send_events, EventEncoder(reader.run_id), reader, login)
    return Stream(body, content_type="text/event-stream", headers=STREAM_HEADERS)


class EventSender:
    """Sends server-sent events to one client; the first ones say when to come back."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._first = COME_BACK

    def at_once(self, data: bytes) -> bool:
        """Send an event if that needs no wait and it is not the first; return whether it was."""
        return not self._first and sent_at_once(self._send(stream_part(data, more=True)))

    async def put(self, data: bytes) -> None:
        """Send events as one part."""
        await self._send(stream_part(self._first + data, more=True))
        self._first = b""

    async def keep_alive(self) -> None:
        """Send a comment."""
        await self._send(stream_part(ALIVE, more=True))

    async def end(self, data: bytes = b"") -> None:
        """Send the last events, if there are any, and end the response."""
        await self._send(stream_part(self._first + data if data else b"", more=False))


async def _send_events(
    encoder: EventEncoder,
    reader: RunReader,
    login: AbstractAsyncContextManager[object],
    send: Send,
) -> None:
    """Send each batch as one part, and keep-alives in between, while ``login`` lasts."""
    out, last = EventSender(send), b""

    def at_once(event: Event) -> bool:
        return out.at_once(encoder.server_sent((event,)))

    try:
        async with login, aclosing(reader.events(at_once)) as batches:
            async for events in batches:
                if not events:
                    await out.keep_alive()
                elif not (data := encoder.server_sent(events)):
                    continue
                elif isinstance(events[-1].body, Ended | Paused):
                    last = data
                    break
                else:
                    await out.put(data)
    except PuertoError as error:
        log_cut(error)
    await out.end(last)


def log_cut(error: PuertoError) -> None:
    """Log why a stream ends without its `done`; the client resumes it after its last event."""
    log_failure(_log, "a stream was cut short", error)


def chat_answer(answer: RunAnswer) -> dict[str, Any]:
    """Return the JSON answer of a run."""
    requests = [consent_request(each) for each in answer.consents]
    outcome = answer.outcome
    used = outcome.usage
    return {
        "conversation_id": answer.conversation_id,
        "run_id": answer.run_id,
        "message_id": answer.message_id,
        "message": answer.text,
        "status": answer.status,
        "tool_calls": [tool_call(call) for call in answer.calls],
        "results": [tool_result(call) for call in answer.calls if call.is_settled],
        "requires_consent": requests[0] if requests else None,
        "consent_requests": requests,
        "usage": usage(used.input_tokens, used.output_tokens, used.cached_tokens, outcome.cost_usd),
        "warnings": list(outcome.warnings),
    }


def failure(problem: Problem, place: Mapping[str, str]) -> Response:
    """Return the error response of a failed run, with the run's ids in the details."""
    g.is_logged = True  # by the run itself
    status, headers = status_of_code(problem.code), []
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.append(("Retry-After", str(problem.details.get("retry_after", 1))))
    details = {**problem.details, **place}
    return error_response(status, problem.code, problem.message, details, headers)


def error_frame(error: PuertoError) -> dict[str, Any]:
    """Return the WebSocket frame of an error outside of any run."""
    _, code = status_and_code(error)
    return {
        "type": "error",
        "error": {"code": code, "message": error.message, "details": error.details},
    }

"""A run as server-sent events of bare text.

Server-sent events: WHATWG HTML, section 9.2.
"""

import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from typing import Any, ClassVar, Final

from pydantic import RootModel
from quart import Response, current_app, g, request

from domain.conversations.calls import Problem
from domain.runs.call_events import ConsentRequested
from domain.runs.events import Chunk, Ended, Erred, Event, Paused, RunStarted
from domain.runs.following import Batches
from domain.runs.reader import RunReader
from domain.runs.states import RunStatus
from domain.shared.errors import PuertoError
from entrypoints.encoding import dump
from entrypoints.http.dialects.spoken import BREAK, SpokenText, request_in_words
from entrypoints.http.error_shapes import ErrorFacts, ErrorShape, shape_at
from entrypoints.http.security.guard import identity
from entrypoints.http.streaming.connection import Send, Stream, stream_part
from entrypoints.http.streaming.sse import ALIVE, STREAM_HEADERS, failure, log_cut
from entrypoints.wiring.services import services

DONE: Final = b"data: [DONE]\n\n"
NOTHING: Final = b""  # the answer ends with its connection
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")
_WITHIN_DONE: Final = re.compile(r"(?<=\[)(?=DONE\])")


class TextPieces(RootModel[Any]):
    """Server-sent events of bare text: joined, their data is the answer.

    Line breaks are several `data` lines. An event `error` holds an error in the answer's middle.
    """

    media_types: ClassVar = ("text/event-stream",)


class TextEvents:
    """Turns the events of one run into server-sent events of text; ``done`` is the last."""

    def __init__(self, request_id: str, shape: ErrorShape, done: bytes) -> None:
        self._request_id = request_id
        self._shape = shape
        self._done = done
        self._text = SpokenText()
        self._has_spoken = False
        self._ends_in_return = False

    def server_sent(self, events: Sequence[Event]) -> bytes:
        """Return the events that some events of the run make, the last one included."""
        return b"".join([self._event(event) for event in events])

    def _event(self, event: Event) -> bytes:
        match event.body:
            case ConsentRequested() as body:
                return self._data((BREAK if self._has_spoken else "") + request_in_words(body))
            case Erred() as body:
                facts = ErrorFacts(body.code, body.message, body.details, self._request_id)
                return b"event: error\ndata: %b\n\n" % dump(self._shape.body(facts))
            case Paused():
                return self._done
            case Ended(status):
                return b"" if status is RunStatus.FAILED else self._done
        return self._data(self._text.added_by(event))

    def _data(self, text: str) -> bytes:
        """Return a text as events whose data, joined, is the text with its line breaks as LF.

        No line is ``[DONE]``, whatever the model says.
        """
        if self._ends_in_return and text.startswith("\n"):  # a CR LF in two pieces is one break
            text = text[1:]
            self._ends_in_return = False
        if not text:
            return b""
        self._has_spoken, self._ends_in_return = True, text.endswith("\r")
        parts = _WITHIN_DONE.split(text)
        lines = (_LINE_BREAK.split(part) for part in parts)
        blocks = ("".join([f"data: {line}\n" for line in each]) + "\n" for each in lines)
        return "".join(blocks).encode(errors="replace")


async def text_stream(reader: RunReader, done: bytes = DONE) -> Response:
    """Return a response that streams the text of a run; ``done`` comes after the whole of it.

    It begins with the first text, or the first keep-alive: a run that fails before is answered as
    an error, with its status.

    Raises:
        PuertoError: the run cannot be followed.

    """
    batches = reader.events()
    try:
        first = await _opening(batches)
    except BaseException:
        await batches.aclose()
        raise
    opening = next((event.body for event in first if _opens(event)), None)
    if isinstance(opening, Erred):
        await batches.aclose()
        problem = Problem(opening.code, opening.message, opening.details)
        return failure(problem, _place(reader.run_id, first))
    login = services().accounts.login_watch.during(identity())
    encoder = TextEvents(g.request_id, shape_at(current_app.extensions, request.path), done)
    body = partial(_send_text, encoder, _joined(first, batches), login)
    return Stream(body, content_type="text/event-stream", headers=STREAM_HEADERS)


async def _opening(batches: Batches) -> Sequence[Event]:
    """Read up to the first text, the end, or the first keep-alive."""
    events: list[Event] = []
    async for batch in batches:
        events += batch
        if not batch or any(_opens(event) for event in batch):
            break
    return events


def _opens(event: Event) -> bool:
    return isinstance(event.body, Chunk | ConsentRequested | Erred | Ended | Paused)


def _place(run_id: str, events: Sequence[Event]) -> dict[str, str]:
    bodies = (event.body for event in events)
    began = next((each.conversation_id for each in bodies if isinstance(each, RunStarted)), "")
    return {"run_id": run_id} | ({"conversation_id": began} if began else {})


async def _joined(first: Sequence[Event], batches: Batches) -> Batches:
    """Yield the first batch, then the others."""
    async with aclosing(batches):
        yield first
        if not _is_over(first):
            async for events in batches:
                yield events


def _is_over(events: Sequence[Event]) -> bool:
    return bool(events) and isinstance(events[-1].body, Ended | Paused)


async def _send_text(
    encoder: TextEvents,
    batches: Batches,
    login: AbstractAsyncContextManager[object],
    send: Send,
) -> None:
    """Send each batch as one part, and keep-alives in between, while ``login`` lasts."""
    last = b""
    try:
        async with login, aclosing(batches):
            async for events in batches:
                data = encoder.server_sent(events)
                if _is_over(events):
                    last = data
                elif data or not events:
                    await send(stream_part(data or ALIVE, more=True))
    except PuertoError as error:
        log_cut(error)
    await send(stream_part(last, more=False))

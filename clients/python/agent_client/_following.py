"""Streams that go on after a cut: events over as many connections as it takes."""

import logging
import time
from dataclasses import replace
from typing import Final

import httpx2
from httpx2 import ServerSentEvent

from agent_client._core import EVENT_STREAM, Call, Core, pause_after, pause_before
from agent_client._transport import Source
from agent_client.errors import (
    AgentClientError,
    APIConnectionError,
    APIError,
    UnexpectedAnswerError,
    connection_error,
)
from agent_client.events import AnyEvent, parse_event

_log = logging.getLogger("agent_client")

_NO_CONTENT: Final = 204
_STREAM: Final = {"Accept": EVENT_STREAM, "Cache-Control": "no-store"}


class Following:
    """Events of one address, each once and in order, whatever becomes of the connections.

    ``start`` opens the stream; ``path`` is where it goes on after ``cursor``, None as long as that
    is not known. A connection that ends is followed by another one, after growing pauses. The
    stream gives up where nothing came at all in ``max_retries`` more tries, or later nothing more
    in ``reconnect_seconds``.
    """

    def __init__(self, core: Core, start: Call, path: str | None, cursor: str = "") -> None:
        start = replace(start, headers={**start.headers, **_STREAM})
        self._start = start.keyed(core.options.idempotency_key)
        self._core = core
        self._path = path
        self._source: Source | None = None
        self._has_begun = False
        self._tries = 0
        self._cut_at: float | None = None
        self.cursor = cursor
        self.is_over = False

    async def next(self) -> AnyEvent | None:
        """Return the next event, None at the end.

        Raises:
            APIError: the service refuses to go on.
            APIConnectionError: the connection stays cut.

        """
        while not self.is_over:
            try:
                found = await self._read()
            except httpx2.TransportError as cut:
                error = connection_error(cut)
                error.__cause__ = cut
                await self._pause(error, pause_before(self._tries))
            except APIConnectionError as cut:  # of a login that the stream needed
                await self._pause(cut, pause_before(self._tries))
            except APIError as refusal:
                await self._pause(refusal, pause_after(refusal, self._tries))
            else:
                if found is not None and found.data:
                    self._has_begun, self._tries, self._cut_at = True, 0, None
                    self.cursor = found.id or self.cursor
                    return parse_event(found.data, found.id)
        return None

    def is_last(self, event: AnyEvent) -> bool:  # noqa: ARG002  a run has a last event
        """Return whether nothing comes after an event, for now."""
        return False

    async def close(self) -> None:
        """Close the connection; `next` opens another, after the last event."""
        source, self._source = self._source, None
        if source is not None:
            await source.close()

    async def _pause(self, reason: AgentClientError, seconds: float | None) -> None:
        """Wait before the next connection, or raise the reason if there should be none."""
        await self.close()
        options, now = self._core.options, time.monotonic()
        self._cut_at = now if self._cut_at is None else self._cut_at
        if self._has_begun:
            is_enough = now - self._cut_at > options.reconnect_seconds
        else:
            is_enough = self._tries >= options.max_retries
        if seconds is None or is_enough:
            raise reason
        _log.info("Stream, after %r: again in %.1f s: %s", self.cursor, seconds, reason)
        self._tries += 1
        await self._core.transport.sleep(seconds)

    async def _read(self) -> ServerSentEvent | None:
        if self._source is None:
            self._source = await self._open()
            if self._source is None:
                return None
        found = await self._source.next()
        if found is None:  # without a `done`: a proxy or a stopping service closed it
            raise httpx2.RemoteProtocolError("The stream ended before its last event.")
        return found

    async def _open(self) -> Source | None:
        call = self._start
        if self.cursor and self._path is not None:
            call = Call("GET", self._path, headers={"Last-Event-ID": self.cursor, **_STREAM})
        response, source = await self._core.open(call)
        if response.headers.get("Content-Type", "").startswith(EVENT_STREAM):
            return source
        await source.close()
        if response.status_code != _NO_CONTENT:
            raise UnexpectedAnswerError(f"{response.request.url} answered with no event stream.")
        self.is_over = True
        return None

"""The streams of one WebSocket: runs and conversations that it follows, each as frames."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from quart import Websocket

from domain.runs.conversation_following import FollowStart
from domain.runs.events import Ended, Event
from domain.runs.following import Tell
from domain.runs.reader import RunReader
from domain.shared.errors import PuertoError
from entrypoints.encoding import EventEncoder, dump
from entrypoints.http.streaming.connection import sent_at_once
from entrypoints.http.streaming.sse import error_frame
from entrypoints.http.streaming.stream_tasks import StreamTasks
from entrypoints.wiring.services import Services


class SocketStreams(StreamTasks):
    """Follows runs and conversations, and sends their events as frames.

    ``ended`` is called with the id of each run whose end was sent.
    """

    def __init__(
        self, current: Websocket, all_services: Services, ended: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._socket = current
        self._services = all_services
        self._ended = ended

    def follow_run(self, reader: RunReader) -> None:
        """Send the events of a run, until its end."""
        self.begin(reader.run_id, self._forward_run(reader))

    def follow_conversation(self, start: FollowStart, check: Callable[[], Awaitable[None]]) -> None:
        """Send the events of a conversation's runs as they come.

        The feed calls ``check`` now and then; it raises when the client may not follow any more.
        """
        self.begin(start.conversation_id, self._forward_conversation(start, check))

    async def _forward_run(self, reader: RunReader) -> None:
        run_id = reader.run_id
        try:
            async with aclosing(reader.events(self._sender(run_id))) as batches:
                async for events in batches:
                    await self._send(run_id, events)
        except OSError:  # the client is gone, which ends the reading side, too
            return
        except PuertoError as error:
            await self._fail(error, run_id=run_id)

    async def _forward_conversation(
        self, start: FollowStart, check: Callable[[], Awaitable[None]]
    ) -> None:
        feed = self._services.feed.follow(start, check, self._sender)
        try:
            async with aclosing(feed):
                async for run_id, events in feed:
                    await self._send(run_id, events)
        except OSError:
            return
        except PuertoError as error:
            await self._fail(error, conversation_id=start.conversation_id)

    def _sender(self, run_id: str) -> Tell:
        encoder = EventEncoder(run_id)

        def at_once(event: Event) -> bool:
            (frame,) = encoder.frames((event,))
            return sent_at_once(self._socket.send(frame.decode()))

        return at_once

    async def _send(self, run_id: str, events: Sequence[Event]) -> None:
        for frame in EventEncoder(run_id).frames(events):
            await self._socket.send(frame.decode())
        if events and isinstance(events[-1].body, Ended):
            self._ended(run_id)

    async def _fail(self, error: PuertoError, **whose: str) -> None:
        await self._socket.send(dump(error_frame(error) | whose).decode())

"""Following a conversation: a stream of the events of its runs, one run after the other."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from domain.accounts.users import User
from domain.conversations.ports import Conversations
from domain.runs.cursors import Cursor, is_cursor, read_cursor
from domain.runs.events import Event
from domain.runs.following import BEAT_SECONDS, Follower, Tell
from domain.runs.live import LiveRuns
from domain.runs.ports import RunLog, RunQueries, Runs
from domain.shared.errors import FieldProblem, InvalidRequest

IDLE_SECONDS: Final = 1.0  # the least time between polls for a next run, without a hint

RunEvents = tuple[str, Sequence[Event]]
"""A run's id and some of its events; an empty batch is a keep-alive."""


@dataclass(frozen=True, slots=True)
class FollowStart:
    """Where a stream begins: with the first run after ``place``, there after the cursor.

    ``active_run_id`` is that of the run that was active when this was made.
    """

    user_id: str
    conversation_id: str
    place: int
    after: Cursor | None = None
    active_run_id: str | None = None


class ConversationFeed:
    """Streams the events of conversations; their runs may be driven by any worker."""

    def __init__(
        self,
        conversations: Conversations,
        queries: RunQueries,
        runs: Runs,
        log: RunLog,
        live: LiveRuns,
        *,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._conversations = conversations
        self._queries = queries
        self._runs = runs
        self._log = log
        self._live = live
        self._beat_seconds = beat_seconds

    async def start(self, user: User, conversation_id: str, after: str | None) -> FollowStart:
        """Return where to begin the stream of one of the user's conversations.

        ``after`` is the cursor of the last event that was received, of any run, or the id of the
        last message that was received: a question is followed by the run that answers it. Without
        it the stream begins with the start of the active run, if there is one.

        Raises:
            NotFound: the conversation is unknown, or another user's.
            InvalidRequest: ``after`` names nothing in it.

        """
        conversation = await self._conversations.get(user.id, conversation_id)
        active = conversation.active_run_id
        if after is None:
            last = conversation.message_count
            # The last message is the question of the active run.
            place = last if active is None else last - 1
            return FollowStart(user.id, conversation_id, place, None, active)
        if is_cursor(after):
            record = await self._queries.by_cursor(user.id, conversation_id, after)
            if record is not None:
                cursor = read_cursor(record.id, after)
                return FollowStart(user.id, conversation_id, record.place - 1, cursor, active)
        else:
            place_of_message = await self._queries.place_of(user.id, conversation_id, after)
            if place_of_message is not None:
                return FollowStart(user.id, conversation_id, place_of_message, None, active)
        message = "Send the id of an event or a message of this conversation."
        raise InvalidRequest(message, [FieldProblem("after", message)])

    async def follow(
        self,
        start: FollowStart,
        check: Callable[[], Awaitable[None]],
        at_once: Callable[[str], Tell] | None = None,
    ) -> AsyncGenerator[RunEvents, None]:
        """Yield the events of each run from the start on, until the service drains.

        A run that waits for a human gives a `Paused`, and continues after the answer. ``check`` is
        called before each run and with each keep-alive: an exception of it ends the stream.
        ``at_once`` returns a run's callback for the direct delivery of pieces (`Tell`). Runs whose
        events were deleted, being old, are passed over.

        Raises:
            NotFound: the conversation was deleted.

        """
        place, after = start.place, start.after
        deadline = time.monotonic() + self._beat_seconds
        while not self._live.is_draining:
            record = await self._queries.next_of(start.user_id, start.conversation_id, place)
            if record is None:
                if time.monotonic() > deadline:
                    await check()
                    deadline = time.monotonic() + self._beat_seconds
                    yield "", ()
                pause = max(self._live.poll_seconds, IDLE_SECONDS)
                await self._live.news(start.conversation_id, pause)
                continue
            if record.events_gone:
                place, after = record.place, None
                continue
            await check()
            follower = Follower(
                start.user_id,
                record.id,
                after,
                runs=self._runs,
                log=self._log,
                live=self._live,
                stay=True,
                beat_seconds=self._beat_seconds,
            )
            tell = None if at_once is None else at_once(record.id)
            async with aclosing(follower.batches(tell)) as batches:
                async for events in batches:
                    if not events:
                        await check()
                    yield record.id, events
            place, after = record.place, None
            deadline = time.monotonic() + self._beat_seconds

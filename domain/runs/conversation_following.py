"""Following a conversation: the events of its runs, one run after the other, as they come."""

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

IDLE_SECONDS: Final = 1.0  # at least between looks for a next run, where nobody gives a hint

RunEvents = tuple[str, Sequence[Event]]
"""Some events and the run's id; no events say that the line is alive."""


@dataclass(frozen=True, slots=True)
class FollowStart:
    """Where to begin: with the first run beyond ``place``, there after the cursor.

    ``active_run_id`` names the run that was active when this was found.
    """

    user_id: str
    conversation_id: str
    place: int
    after: Cursor | None = None
    active_run_id: str | None = None


class ConversationFeed:
    """Follows conversations, whoever begins runs in them, and on whichever worker."""

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
        """Return where to begin in one of the user's conversations.

        ``after`` is the cursor of the last event that was received, whichever run it is of, or
        the id of the last message that is known: after a question comes the run that answers it.
        Without it this begins with the start of the active run, if there is one.

        Raises:
            NotFound: the conversation is unknown, or another user's.
            InvalidRequest: ``after`` names nothing in it.

        """
        conversation = await self._conversations.get(user.id, conversation_id)
        active = conversation.active_run_id
        if after is None:
            last = conversation.message_count
            # Of the messages, the last one is the question that an active run answers.
            place = last if active is None else last - 1
            return FollowStart(user.id, conversation_id, place, None, active)
        if is_cursor(after):
            record = await self._queries.by_cursor(user.id, conversation_id, after)
            if record is not None:
                cursor = read_cursor(record.id, after)
                return FollowStart(user.id, conversation_id, record.place - 1, cursor, active)
        else:
            known = await self._queries.place_of(user.id, conversation_id, after)
            if known is not None:
                return FollowStart(user.id, conversation_id, known, None, active)
        message = "Send the id of an event or a message of this conversation."
        raise InvalidRequest(message, [FieldProblem("after", message)])

    async def follow(
        self,
        start: FollowStart,
        check: Callable[[], Awaitable[None]],
        at_once: Callable[[str], Tell] | None = None,
    ) -> AsyncGenerator[RunEvents, None]:
        """Yield the events of each run from the start on, until the service is about to stop.

        A run that waits for a human gives a `Paused`, and goes on when it was answered. ``check``
        is called before each run and when the line was silent for a while: what it raises ends
        this. ``at_once`` returns, for a run, what tells pieces in the moment they are said.

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

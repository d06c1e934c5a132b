"""The main use cases: say something to the agent, follow the answer, stop it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from domain.conversations import TITLE_LENGTH, shorten
from domain.cursors import Cursor
from domain.errors import NotFound, Unavailable
from domain.events import Event, RunStarted
from domain.identity import User
from domain.ids import new_id
from domain.live import LiveRuns
from domain.llm import UserTurn
from domain.ports.chat_model import ChatModels
from domain.ports.clock import Clock
from domain.ports.configurations import Configurations
from domain.ports.runs import NewRun, RunLog, RunRecord, Runs
from domain.reading import Follower
from domain.runner import Task
from domain.runs import fold
from domain.turns import of_messages
from domain.worker import Worker

HISTORY_LIMIT: Final = 40


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was accepted: it is stored, and goes on whoever listens."""

    run_id: str
    conversation_id: str
    message_id: str


class Chat:
    """Messages in, runs out."""

    def __init__(
        self,
        runs: Runs,
        log: RunLog,
        configurations: Configurations,
        models: ChatModels,
        worker: Worker,
        live: LiveRuns,
        clock: Clock,
        *,
        max_steps: int = 20,
    ) -> None:
        self._runs = runs
        self._log = log
        self._configurations = configurations
        self._models = models
        self._worker = worker
        self._live = live
        self._clock = clock
        self._max_steps = max_steps

    async def send(self, user: User, text: str, conversation_id: str | None = None) -> Started:
        """Begin to answer a message, in a new conversation when none is named.

        Raises:
            NotFound: the conversation is unknown, or another user's.
            RunInProgress: it is still answering the message before.
            Unavailable: no provider is configured, or the service is stopping.

        """
        # What was begun is finished: a caller who leaves now must not leave half a run behind.
        return await asyncio.shield(asyncio.ensure_future(self._send(user, text, conversation_id)))

    async def _send(self, user: User, text: str, conversation_id: str | None) -> Started:
        if self._worker.is_stopping:
            raise Unavailable("The service is stopping. Try again in a moment.")
        started = await self._plan(user, conversation_id)
        run_id = new_id()
        history = await self._runs.start(
            NewRun(
                id=run_id,
                started=started,
                question=text,
                new_title=None if conversation_id else shorten(text, TITLE_LENGTH),
                at=self._clock.now(),
                worker_id=self._worker.id,
                leased_until=self._worker.lease_end(),
            ),
            HISTORY_LIMIT,
        )
        first = Event(1, 1, started)
        journal = self._worker.take(fold(run_id, [first]), first)
        self._worker.drive(Task(journal, user, [*of_messages(history), UserTurn(text)]))
        return Started(run_id, started.conversation_id, started.message_id)

    async def _plan(self, user: User, conversation_id: str | None) -> RunStarted:
        configuration = await self._configurations.load()
        self._models.get(configuration.provider)  # say now that it is missing, not in the run
        return RunStarted(
            user_id=user.id,
            conversation_id=conversation_id or new_id(),
            question_id=new_id(),
            message_id=new_id(),
            provider=configuration.provider,
            model=configuration.model or self._models.default_model(configuration.provider),
            autonomy=configuration.autonomy,
            max_steps=self._max_steps,
        )

    async def get(self, user: User, run_id: str) -> RunRecord:
        """Return one of the user's runs.

        Raises:
            NotFound: unknown, or another user's.

        """
        record = await self._runs.get(run_id)
        if record.user_id != user.id:
            raise NotFound("There is no such run.")
        return record

    def follow(
        self, run_id: str, after: Cursor | None = None
    ) -> AsyncGenerator[Sequence[Event], None]:
        """Yield the run's events after the cursor as they come, in batches, to its end.

        Whoever calls this has seen to it that the run is the user's (`get`, `send`).
        """
        follower = Follower(run_id, after, runs=self._runs, log=self._log, live=self._live)
        return follower.batches()

    async def cancel(self, user: User, run_id: str) -> RunRecord:
        """Store the intent to cancel and act on it; a run that is final stays as it is.

        Raises:
            NotFound: unknown, or another user's.

        """
        await self.get(user, run_id)
        if await self._runs.request_cancel(run_id):
            self._worker.cancel(run_id)
        return await self.get(user, run_id)

    async def abandon(self, user: User, run_id: str) -> None:
        """Cancel a run whose only reader left, where the reader asked for that."""
        with suppress(NotFound):
            await self.cancel(user, run_id)

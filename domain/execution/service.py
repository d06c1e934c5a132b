"""The use cases of runs: send a message, call a tool directly, follow and cancel a run."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from domain.accounts.users import User
from domain.configuration.configuration import Configuration
from domain.conversations.conversation import TITLE_LENGTH
from domain.conversations.sampling import DEFAULTS, Sampling
from domain.execution.prompt import history_of
from domain.execution.setup import RunSetup
from domain.execution.task import Task
from domain.execution.worker import HISTORY_LIMIT, Worker
from domain.models.messages import StopReason, UserTurn
from domain.notifications.ports import Notices
from domain.runs.cursors import read_cursor
from domain.runs.events import Body, Event, RunStarted, StepEnded
from domain.runs.folding import fold
from domain.runs.following import Follower
from domain.runs.ports import NewRun, RunRecord
from domain.runs.reader import OnDisconnect, RunReader
from domain.runs.reports.run_notices import conversation_created
from domain.runs.store import RunStore
from domain.shared.clock import Clock
from domain.shared.errors import Gone, NotFound, Unavailable
from domain.shared.idempotency import AlreadyDone, RequestKey
from domain.shared.ids import new_id
from domain.shared.text import shorten


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was accepted: it is stored, and does not depend on the client's connection."""

    run_id: str


class RunService:
    """Starts, follows and cancels runs."""

    def __init__(
        self, store: RunStore, setup: RunSetup, worker: Worker, notices: Notices, clock: Clock
    ) -> None:
        self._runs = store.runs
        self._log = store.log
        self._live = store.live
        self._setup = setup
        self._worker = worker
        self._notices = notices
        self._clock = clock

    async def send(
        self,
        user: User,
        text: str,
        conversation_id: str | None = None,
        key: RequestKey | None = None,
        *,
        provider: str | None = None,
        model: str | None = None,
        agent: str | None = None,
        sampling: Sampling = DEFAULTS,
    ) -> Started:
        """Start a run that answers a message; without a conversation's id in a new one.

        ``provider``, ``model`` and ``sampling`` hold for this message; what they leave open is as
        the conversation prefers it, then as it is configured. ``agent`` is the name of the agent
        that answers, if not the general one. A repeated request with the same idempotency key
        returns the same run.

        Raises:
            NotFound: the conversation is unknown, or another user's.
            RunInProgress: a run is still active in it.
            IdempotencyConflict: the key came before with another request.
            InvalidRequest: there is no such provider, no such agent, or no such tool to call.
            Conflict: the provider asked for here is not configured.
            Unavailable: no provider is configured, or the service is stopping.

        """
        started, configuration = await self._setup.for_message(
            user,
            conversation_id,
            provider=provider,
            model=model,
            agent=agent,
            sampling=sampling,
        )
        title = None if conversation_id else shorten(text, TITLE_LENGTH)
        return await self._begin(user, started, configuration, text, title, (), key)

    async def call(
        self, user: User, name: str, params: Mapping[str, Any], key: RequestKey | None = None
    ) -> Started:
        """Start a direct run: one tool call without a model, under the same policy and journal.

        Raises:
            UnknownTool: no enabled tool has this name.
            InvalidArguments: the arguments do not fit.
            IdempotencyConflict: the key came before with another request.
            Unavailable: the service is stopping.

        """
        started, configuration, intended = await self._setup.for_call(user, name, params)
        events = (intended, StepEnded(StopReason.TOOL_CALLS, 0, 0, 0))
        return await self._begin(user, started, configuration, "", None, events, key)

    async def ask(
        self,
        user: User,
        question: str,
        key: RequestKey | None = None,
        *,
        sampling: Sampling = DEFAULTS,
    ) -> Started:
        """Start a direct run in which a model answers a question: no history, no tools.

        ``sampling`` holds for this question; what it leaves open is as it is configured.

        Raises:
            IdempotencyConflict: the key came before with another request.
            Unavailable: no provider is configured, or the service is stopping.

        """
        started, configuration = await self._setup.for_question(user, question, sampling)
        return await self._begin(user, started, configuration, "", None, (), key)

    async def _begin(
        self,
        user: User,
        started: RunStarted,
        configuration: Configuration,
        text: str,
        title: str | None,
        events: Sequence[Body],
        key: RequestKey | None,
    ) -> Started:
        if self._worker.is_stopping:
            raise Unavailable("The service is stopping. Try again in a moment.")
        new = NewRun(
            id=new_id(),
            started=started,
            question=text,
            new_title=title,
            at=self._clock.now(),
            worker_id=self._worker.id,
            leased_until=self._worker.lease_end(),
            events=events,
            key=key,
        )
        # Cancelling the caller must not leave a run that is stored but not driven.
        return await asyncio.shield(asyncio.ensure_future(self._start(user, new, configuration)))

    async def _start(self, user: User, new: NewRun, configuration: Configuration) -> Started:
        try:
            history = await self._runs.start(new, HISTORY_LIMIT)
        except AlreadyDone as before:
            return Started(before.outcome)
        bodies = (new.started, *new.events)
        events = [Event(number, 1, body) for number, body in enumerate(bodies, 1)]
        journal = self._worker.take(fold(new.id, events), events)
        self._live.hint(new.started.conversation_id)  # wakes followers of the conversation
        if new.new_title is not None:
            self._notices.publish(conversation_created(new.started, new.at))
        turns = history_of(new.started, history)
        if not new.started.is_direct:
            turns.append(UserTurn(new.question))
        waited = (self._clock.now() - new.at).total_seconds()
        self._worker.drive(Task(journal, user, configuration.policy(), turns, waited=waited))
        return Started(new.id)

    async def follow(
        self,
        user: User,
        run_id: str,
        after: str | None = None,
        *,
        stay: bool = False,
        whole: bool = False,
        is_first: bool = False,
        on_disconnect: OnDisconnect = OnDisconnect.CONTINUE,
    ) -> RunReader:
        """Return the reader of one of the user's runs, from a client's cursor if there is one.

        When the run waits for a human, the stream ends with a `Paused`, unless ``stay``. With
        ``whole`` a run driven in this process gives its events in one batch at the end. With
        ``is_first`` the stream ends where the run first had to wait, however far it has come
        since. A run that is driven here needs no database query.

        Raises:
            NotFound: unknown, or another user's.
            Gone: its events were deleted, being old.
            InvalidRequest: the cursor is none, or another run's.

        """
        record = None
        if not self._worker.drives(user.id, run_id):
            record = await self._runs.of_user(user.id, run_id)
            if record.events_gone:
                raise Gone("The events of this run were deleted, being old. Its outcome is kept.")
        cursor = read_cursor(run_id, after) if after else None
        follower = Follower(
            user.id,
            run_id,
            cursor,
            runs=self._runs,
            log=self._log,
            live=self._live,
            stay=stay,
            whole=whole,
        )
        is_bound = on_disconnect is OnDisconnect.CANCEL
        return RunReader(
            run_id,
            follower,
            log=self._log,
            record=record,
            after=cursor,
            is_first=is_first,
            left=partial(self.abandon, user, run_id) if is_bound else None,
        )

    async def cancel(self, user: User, run_id: str) -> RunRecord:
        """Cancel a run: store the intent and interrupt it; a final run stays as it is.

        Raises:
            NotFound: unknown, or another user's.

        """
        if await self._runs.request_cancel(user.id, run_id):
            self._worker.cancel(run_id)
        return await self._runs.of_user(user.id, run_id)

    async def abandon(self, user: User, run_id: str) -> None:
        """Cancel a run whose reader disconnected with `OnDisconnect.CANCEL`.

        If the service itself is draining, nothing happens: the run goes on elsewhere.
        """
        if self._live.is_draining:
            return
        with suppress(NotFound):
            await self.cancel(user, run_id)

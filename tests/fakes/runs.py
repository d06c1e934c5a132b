"""Runs, their events and their leases, in memory."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from adapters.persistence.engine.codec import storable
from domain.consents.consent import Consent, ConsentStatus
from domain.conversations.conversation import Conversation, Message, MessageRole
from domain.notifications.notices import Notice
from domain.runs.cursors import Cursor, run_id_end
from domain.runs.events import Body, Event, QuestionGuarded, RunStarted
from domain.runs.ports import (
    Backlog,
    Context,
    Ending,
    Leases,
    NewRun,
    RunLog,
    RunQueries,
    RunRecord,
    Runs,
)
from domain.runs.states import RunStatus
from domain.shared.errors import Conflict, LeaseLost, NotFound, run_in_progress
from domain.shared.idempotency import AlreadyDone
from domain.shared.list_cursors import read_place, write_place
from domain.shared.paging import Page
from tests.fakes.consents import FakeAnswers
from tests.fakes.memory import FREE, Memory, StoredRun


class FakeRuns(Runs):
    def __init__(self, memory: Memory, answers: FakeAnswers) -> None:
        self._memory = memory
        self._answers = answers
        self.door = asyncio.Event()  # while it is closed nothing begins
        self.door.set()

    @override
    async def start(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        await self.door.wait()
        if new.key is not None:
            before = self._memory.snapshot()
            run_id = await self._answers.reserve(new.key, new.id)
            if run_id is not None:
                raise AlreadyDone(run_id)
            try:
                return self._keep(new, history_limit)
            except BaseException:
                self._memory.restore(before)
                raise
        return self._keep(new, history_limit)

    def _keep(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        history = () if new.started.is_direct else self._ask(new)
        started = new.started
        record = RunRecord(
            id=new.id,
            user_id=started.user_id,
            conversation_id=started.conversation_id,
            message_id=started.message_id,
            status=RunStatus.RUNNING,
            attempt=1,
            cancel_requested=False,
            created_at=new.at,
            finished_at=None,
            place=len(self._memory.messages.get(started.conversation_id, ())),
        )
        self._memory.runs[new.id] = StoredRun(record, new.worker_id, new.leased_until)
        bodies = (started, *new.events)
        events = tuple(Event(number, 1, body) for number, body in enumerate(bodies, 1))
        self._memory.events[new.id] = events
        return history[-history_limit:] if history_limit else ()

    def _ask(self, new: NewRun) -> Sequence[Message]:
        """Put the question at the end of its conversation; return what stands before it."""
        started, memory = new.started, self._memory
        conversation_id = started.conversation_id
        if new.new_title is not None:
            if conversation_id in memory.conversations:
                raise Conflict("The conversation exists already.")
            title = storable(new.new_title)
            memory.conversations[conversation_id] = Conversation(
                conversation_id, started.user_id, title, new.at, new.at
            )
        found = memory.conversations.get(conversation_id)
        if found is None or found.user_id != started.user_id:
            raise NotFound("There is no such conversation.")
        if (active := memory.active_in(conversation_id)) is not None:
            raise run_in_progress(conversation_id, active)
        history = memory.messages.get(conversation_id, ())
        memory.conversations[conversation_id] = replace(found, updated_at=new.at)
        memory.say(
            Message(started.question_id, conversation_id, MessageRole.USER, new.question, new.at)
        )
        return history

    @override
    async def context(self, run_id: str, limit: int) -> Context:
        user_id = (await self.get(run_id)).user_id
        started = self._memory.events[run_id][0].body
        if user_id not in self._memory.users:
            raise NotFound("There is no such user.")
        assert isinstance(started, RunStarted)
        said = self._memory.messages.get(started.conversation_id, ())
        places = (place for place, one in enumerate(said, 1) if one.id == started.question_id)
        until = next(places, 0)
        return Context(self._memory.users[user_id][0], said[max(0, until - limit) : until])

    @override
    async def get(self, run_id: str) -> RunRecord:
        if run_id not in self._memory.runs:
            raise NotFound("There is no such run.")
        return self._memory.runs[run_id].record

    @override
    async def of_user(self, user_id: str, run_id: str) -> RunRecord:
        record = await self.get(run_id)
        if record.user_id != user_id:
            raise NotFound("There is no such run.")
        return record

    @override
    async def request_cancel(self, user_id: str, run_id: str) -> bool:
        run = self._memory.runs.get(run_id)
        if run is None or not run.is_active or run.record.user_id != user_id:
            return False
        asked = replace(run.record, cancel_requested=True)
        self._memory.runs[run_id] = replace(run, record=asked)
        self._memory.free(run_id)
        return True

    @override
    async def request_cancel_all(self, user_id: str) -> Sequence[str]:
        return [each for each in self._memory.runs if await self.request_cancel(user_id, each)]


class FakeRunQueries(RunQueries):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def page(
        self,
        user_id: str,
        limit: int,
        cursor: str | None,
        *,
        conversation_id: str | None = None,
        status: RunStatus | None = None,
    ) -> Page[RunRecord]:
        found = sorted(
            (
                run.record
                for run in self._memory.runs.values()
                if run.record.user_id == user_id
                and conversation_id in {None, run.record.conversation_id or "none"}
                and status in {None, run.record.status}
            ),
            key=lambda record: (record.created_at, record.id),
            reverse=True,
        )
        if cursor is not None:
            place = read_place("started", cursor)
            found = [one for one in found if (one.created_at, one.id) < place]
        page = found[:limit]
        if len(found) <= limit:
            return Page(page)
        return Page(page, write_place("started", page[-1].created_at, page[-1].id))

    @override
    async def by_ids(self, user_id: str, run_ids: Collection[str]) -> Mapping[str, RunRecord]:
        found = (self._memory.runs[one].record for one in run_ids if one in self._memory.runs)
        return {record.id: record for record in found if record.user_id == user_id}

    def _of(self, user_id: str, conversation_id: str) -> list[RunRecord]:
        conversation = self._memory.conversations.get(conversation_id)
        if conversation is None or conversation.user_id != user_id:
            raise NotFound("There is no such conversation.")
        records = [run.record for run in self._memory.runs.values()]
        found = [record for record in records if record.conversation_id == conversation_id]
        return sorted(found, key=lambda record: record.place)

    @override
    async def next_of(self, user_id: str, conversation_id: str, place: int) -> RunRecord | None:
        following = (
            record for record in self._of(user_id, conversation_id) if record.place > place
        )
        return next(following, None)

    @override
    async def place_of(self, user_id: str, conversation_id: str, message_id: str) -> int | None:
        conversation = self._memory.conversations.get(conversation_id)
        if conversation is None or conversation.user_id != user_id:
            return None
        said = self._memory.messages.get(conversation_id, ())
        numbers = (
            number - (message.role is MessageRole.USER)
            for number, message in enumerate(said, 1)
            if message.id == message_id
        )
        return next(numbers, None)

    @override
    async def by_cursor(self, user_id: str, conversation_id: str, cursor: str) -> RunRecord | None:
        end = run_id_end(cursor)
        for run in self._memory.runs.values():
            record = run.record
            whose = (record.user_id, record.conversation_id)
            if whose == (user_id, conversation_id) and record.id.endswith(end):
                return record
        return None


class FakeRunLog(RunLog):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def append(
        self,
        run_id: str,
        attempt: int,
        first: int,
        bodies: Sequence[Body],
        *,
        ending: Ending | None = None,
        consents: Sequence[Consent] = (),
        notices: Sequence[Notice] = (),
    ) -> None:
        run = self._memory.runs.get(run_id)
        stored = self._memory.events.get(run_id, ())
        if (
            run is None
            or run.record.attempt != attempt
            or not run.is_active
            or first != len(stored) + 1
        ):
            raise LeaseLost("Another worker drives the run, or it has ended.")
        new = (Event(number, attempt, body) for number, body in enumerate(bodies, first))
        self._memory.events[run_id] = (*stored, *new)
        self._memory.consents |= {consent.id: consent for consent in consents}
        for body in bodies:
            if isinstance(body, QuestionGuarded) and body.question_id and body.content is not None:
                self._memory.guard(run.record.conversation_id, body.question_id, body.content)
        self._memory.write(notices)
        if ending is not None:
            self._end(run, ending)

    def _end(self, run: StoredRun, ending: Ending) -> None:
        ended = replace(
            run.record, status=ending.status, finished_at=ending.at, outcome=ending.outcome
        )
        self._memory.runs[run.record.id] = replace(run, record=ended, leased_until=None)
        self._memory.withdraw(run.record.id, ending.at)
        if not run.record.conversation_id:
            return
        conversation = self._memory.conversations[run.record.conversation_id]
        self._memory.conversations[conversation.id] = replace(conversation, updated_at=ending.at)
        if ending.answer is not None:
            self._memory.say(replace(ending.answer, run_id=run.record.id))

    @override
    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        seen = after or Cursor(attempt=0, number=0)
        following = [
            event
            for event in self._memory.events.get(run_id, ())
            if event.number > seen.number or event.attempt > seen.attempt
        ]
        return following[:limit]


class FakeLeases(Leases):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def renew(self, worker_id: str, run_ids: Sequence[str], until: datetime) -> Sequence[str]:
        held = [
            run
            for run in map(self._memory.runs.get, run_ids)
            if run is not None
            and run.worker_id == worker_id
            and run.leased_until not in {None, FREE}
        ]
        for run in held:
            self._memory.runs[run.record.id] = replace(run, leased_until=until)
        return [run.record.id for run in held if run.record.cancel_requested]

    @override
    async def claim(
        self,
        worker_id: str,
        now: datetime,
        until: datetime,
        limit: int,
        user_id: str | None = None,
    ) -> Sequence[tuple[str, int]]:
        lapsed = [
            (run.leased_until, run.record)
            for run in self._memory.runs.values()
            if run.leased_until is not None
            and run.leased_until < now
            and user_id in {None, run.record.user_id}
        ]
        lapsed.sort(key=lambda pair: pair[0])
        claimed = []
        for _, found in lapsed[:limit]:
            record = replace(found, attempt=found.attempt + 1, status=RunStatus.RUNNING)
            self._memory.runs[record.id] = StoredRun(record, worker_id, until)
            claimed.append((record.id, record.attempt))
        return claimed

    @override
    async def park(self, run_id: str, attempt: int, answers: int) -> bool:
        run = self._memory.runs.get(run_id)
        if run is None or run.record.attempt != attempt or not run.is_active:
            raise LeaseLost("Another worker drives the run, or it has ended.")
        consents = self._memory.consents_of(run_id)
        known = sum(consent.status is not ConsentStatus.WAITING for consent in consents)
        if known > answers or run.record.cancel_requested:
            return False
        parked = replace(run.record, status=RunStatus.WAITING_CONSENT)
        self._memory.runs[run_id] = replace(run, record=parked, leased_until=None)
        return True

    @override
    async def backlog(self, now: datetime) -> Backlog:
        lapsed = [run for run in self._memory.runs.values() if run.leased_until is not None]
        waiting = [
            consent
            for run_id in self._memory.runs
            for consent in self._memory.consents_of(run_id)
            if consent.status is ConsentStatus.WAITING
        ]
        return Backlog(
            sum(run.leased_until < now for run in lapsed if run.leased_until), len(waiting)
        )

    @override
    async def release(self, run_id: str, attempt: int) -> None:
        run = self._memory.runs.get(run_id)
        if run is not None and run.record.attempt == attempt and run.leased_until is not None:
            self._memory.runs[run_id] = replace(run, leased_until=FREE)

    @override
    async def free(self, worker_id: str) -> int:
        held = [
            run
            for run in self._memory.runs.values()
            if run.worker_id == worker_id and run.leased_until not in {None, FREE}
        ]
        for run in held:
            self._memory.runs[run.record.id] = replace(run, leased_until=FREE)
        return len(held)

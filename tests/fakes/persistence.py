"""What is stored, in memory: the same ports as `adapters.persistence`, for tests of the core."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from adapters.persistence.codec import storable
from adapters.persistence.keys import read_number, read_place, write_number, write_place
from domain.configuration import Configuration
from domain.conversations import Conversation, Message, MessageRole
from domain.cursors import Cursor
from domain.errors import Conflict, LeaseLost, NotFound, RunInProgress
from domain.events import Body, Event
from domain.identity import User
from domain.paging import Page
from domain.ports.runs import Ending, NewRun, RunRecord
from domain.ports.users import Session
from domain.runs import RunStatus
from tests.fakes.memory import Memory, StoredRun, StoredSession

T = TypeVar("T")


class FakeUnitOfWork:
    """One unit of work at a time; what other tasks write meanwhile is undone with it."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._lock = asyncio.Lock()
        self._is_inside: ContextVar[bool] = ContextVar("inside", default=False)
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        if self._is_inside.get():
            return await work()
        task = asyncio.create_task(self._transact(work))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen here: a caller who left does not ask for it

    async def _transact(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._lock:
            self._is_inside.set(True)
            before = self._memory.snapshot()
            try:
                return await work()
            except BaseException:
                self._memory.restore(before)
                raise


class FakeUsers:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(self, user: User, password_hash: str) -> None:
        kept = replace(user, email=user.email.lower(), username=user.username.lower())
        for other, _ in self._memory.users.values():
            if other.email == kept.email:
                raise Conflict("This e-mail address is taken.")
            if other.username == kept.username:
                raise Conflict("This user name is taken.")
        self._memory.users[user.id] = (kept, password_hash)

    async def by_login(self, login: str) -> tuple[User, str] | None:
        name = login.lower()
        for user, password_hash in self._memory.users.values():
            if name in {user.email, user.username}:
                return user, password_hash
        return None

    async def page(self, limit: int, cursor: str | None) -> Page[User]:
        users = sorted(
            (user for user, _ in self._memory.users.values()), key=lambda u: (u.created_at, u.id)
        )
        if cursor is not None:
            place = read_place("users", cursor)
            users = [user for user in users if (user.created_at, user.id) > place]
        page = users[:limit]
        if len(users) <= limit:
            return Page(page)
        return Page(page, write_place("users", page[-1].created_at, page[-1].id))

    async def set_password(self, user_id: str, password_hash: str) -> None:
        if user_id not in self._memory.users:
            raise NotFound("There is no such user.")
        self._memory.users[user_id] = (self._memory.users[user_id][0], password_hash)


class FakeSessions:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(self, session: Session) -> None:
        self._memory.sessions[session.id] = StoredSession(session)

    async def user(self, session_id: str, now: datetime) -> User | None:
        stored = self._memory.sessions.get(session_id)
        if stored is None or stored.revoked or stored.session.expires_at <= now:
            return None
        return self._memory.users[stored.session.user_id][0]

    async def rotate(
        self, fingerprint: str, replacement: str, now: datetime, expires_at: datetime
    ) -> Session | None:
        for stored in list(self._memory.sessions.values()):
            session = stored.session
            if stored.revoked:
                continue
            if session.fingerprint == fingerprint and session.expires_at > now:
                changed = replace(session, fingerprint=replacement, expires_at=expires_at)
                self._memory.sessions[session.id] = StoredSession(changed, previous=fingerprint)
                return changed
            if stored.previous == fingerprint:
                self._memory.sessions[session.id] = replace(stored, revoked=True)
        return None

    async def revoke(self, session_id: str) -> None:
        if stored := self._memory.sessions.get(session_id):
            self._memory.sessions[session_id] = replace(stored, revoked=True)

    async def revoke_all(self, user_id: str) -> None:
        for session_id, stored in list(self._memory.sessions.items()):
            if stored.session.user_id == user_id:
                await self.revoke(session_id)


class FakeConversations:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def add(self, conversation: Conversation) -> None:
        title = storable(conversation.title)
        self._memory.conversations[conversation.id] = replace(conversation, title=title)

    async def get(self, user_id: str, conversation_id: str) -> Conversation:
        found = self._memory.conversations.get(conversation_id)
        if found is None or found.user_id != user_id:
            raise NotFound("There is no such conversation.")
        return found

    async def page(
        self, user_id: str, limit: int, cursor: str | None, text: str | None = None
    ) -> Page[Conversation]:
        found = sorted(
            (
                conversation
                for conversation in self._memory.conversations.values()
                if conversation.user_id == user_id
                and (text is None or self._holds(conversation, text.lower()))
            ),
            key=lambda conversation: (conversation.updated_at, conversation.id),
            reverse=True,
        )
        if cursor is not None:
            place = read_place("conversations", cursor)
            found = [one for one in found if (one.updated_at, one.id) < place]
        page = found[:limit]
        if len(found) <= limit:
            return Page(page)
        return Page(page, write_place("conversations", page[-1].updated_at, page[-1].id))

    def _holds(self, conversation: Conversation, text: str) -> bool:
        said = (message.content for message in self._memory.messages.get(conversation.id, ()))
        return any(text in part.lower() for part in (conversation.title, *said))

    async def rename(
        self, user_id: str, conversation_id: str, title: str, at: datetime
    ) -> Conversation:
        found = await self.get(user_id, conversation_id)
        renamed = replace(found, title=storable(title), updated_at=at)
        self._memory.conversations[conversation_id] = renamed
        return renamed

    async def delete(self, user_id: str, conversation_id: str) -> None:
        await self.get(user_id, conversation_id)
        if self._memory.active_in(conversation_id):
            raise RunInProgress("A run is still active in this conversation.")
        del self._memory.conversations[conversation_id]
        self._memory.messages.pop(conversation_id, None)
        for run_id, run in list(self._memory.runs.items()):
            if run.record.conversation_id == conversation_id:
                del self._memory.runs[run_id], self._memory.events[run_id]

    async def messages(
        self, user_id: str, conversation_id: str, limit: int, cursor: str | None
    ) -> Page[Message]:
        await self.get(user_id, conversation_id)
        said = self._memory.messages.get(conversation_id, ())
        if cursor is not None:
            said = said[: read_number("messages", cursor) - 1]
        first = len(said) - limit
        if first <= 0:
            return Page(said)
        return Page(said[first:], write_number("messages", first + 1))

    async def search(self, user_id: str, text: str, limit: int) -> Sequence[Message]:
        found = [
            message
            for conversation_id, said in self._memory.messages.items()
            if self._memory.conversations[conversation_id].user_id == user_id
            for message in said
            if text.lower() in message.content.lower()
        ]
        found.sort(key=lambda message: (message.created_at, message.id), reverse=True)
        return found[:limit]


class FakeRuns:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def start(self, new: NewRun, history_limit: int) -> Sequence[Message]:
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
        if memory.active_in(conversation_id):
            raise RunInProgress("A run is still active in this conversation.")
        history = memory.messages.get(conversation_id, ())
        memory.conversations[conversation_id] = replace(found, updated_at=new.at)
        memory.say(
            Message(started.question_id, conversation_id, MessageRole.USER, new.question, new.at)
        )
        record = RunRecord(
            id=new.id,
            user_id=started.user_id,
            conversation_id=conversation_id,
            message_id=started.message_id,
            status=RunStatus.RUNNING,
            attempt=1,
            cancel_requested=False,
            created_at=new.at,
            finished_at=None,
        )
        memory.runs[new.id] = StoredRun(record, new.worker_id, new.leased_until)
        memory.events[new.id] = (Event(1, 1, started),)
        return history[-history_limit:] if history_limit else ()

    async def get(self, run_id: str) -> RunRecord:
        if run_id not in self._memory.runs:
            raise NotFound("There is no such run.")
        return self._memory.runs[run_id].record

    async def request_cancel(self, run_id: str) -> bool:
        run = self._memory.runs.get(run_id)
        if run is None or not run.is_active:
            return False
        asked = replace(run.record, cancel_requested=True)
        self._memory.runs[run_id] = replace(run, record=asked)
        return True


class FakeRunLog:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def append(
        self,
        run_id: str,
        attempt: int,
        first: int,
        bodies: Sequence[Body],
        ending: Ending | None = None,
    ) -> None:
        run = self._memory.runs[run_id]
        stored = self._memory.events[run_id]
        if run.record.attempt != attempt or not run.is_active or first != len(stored) + 1:
            raise LeaseLost("Another worker drives the run, or it has ended.")
        new = (Event(number, attempt, body) for number, body in enumerate(bodies, first))
        self._memory.events[run_id] = (*stored, *new)
        if ending is not None:
            self._end(run, ending)

    def _end(self, run: StoredRun, ending: Ending) -> None:
        ended = replace(run.record, status=ending.status, finished_at=ending.at)
        self._memory.runs[run.record.id] = replace(run, record=ended)
        conversation = self._memory.conversations[run.record.conversation_id]
        self._memory.conversations[conversation.id] = replace(conversation, updated_at=ending.at)
        if ending.answer is not None:
            self._memory.say(replace(ending.answer, run_id=run.record.id))

    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        seen = after or Cursor(attempt=0, number=0)
        following = [
            event
            for event in self._memory.events.get(run_id, ())
            if event.number > seen.number or event.attempt > seen.attempt
        ]
        return following[:limit]


class FakeLeases:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def renew(self, worker_id: str, until: datetime) -> Sequence[str]:
        held = [
            run
            for run in self._memory.runs.values()
            if run.is_active and run.worker_id == worker_id
        ]
        for run in held:
            self._memory.runs[run.record.id] = replace(run, leased_until=until)
        return [run.record.id for run in held if run.record.cancel_requested]

    async def claim(
        self, worker_id: str, now: datetime, until: datetime, limit: int
    ) -> Sequence[tuple[str, int]]:
        lapsed = [
            run for run in self._memory.runs.values() if run.is_active and run.leased_until < now
        ]
        lapsed.sort(key=lambda run: run.leased_until)
        claimed = []
        for run in lapsed[:limit]:
            record = replace(run.record, attempt=run.record.attempt + 1)
            self._memory.runs[record.id] = StoredRun(record, worker_id, until)
            claimed.append((record.id, record.attempt))
        return claimed


class FakeConfigurations:
    def __init__(self, memory: Memory, initial: Configuration) -> None:
        self._memory = memory
        self._initial = initial

    async def load(self) -> Configuration:
        return self._memory.configuration.get("configuration", self._initial)

    async def change(self, edit: Callable[[Configuration], Configuration]) -> Configuration:
        changed = edit(await self.load())
        self._memory.configuration["configuration"] = changed
        return changed


class FakeStore:
    """Everything that is stored, with the attributes of `adapters.persistence.Store`."""

    def __init__(self, initial: Configuration | None = None) -> None:
        self.memory = Memory()
        self.users = FakeUsers(self.memory)
        self.sessions = FakeSessions(self.memory)
        self.conversations = FakeConversations(self.memory)
        self.runs = FakeRuns(self.memory)
        self.log = FakeRunLog(self.memory)
        self.leases = FakeLeases(self.memory)
        self.configurations = FakeConfigurations(self.memory, initial or Configuration())
        self.unit_of_work = FakeUnitOfWork(self.memory)

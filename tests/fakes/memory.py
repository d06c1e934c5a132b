"""The tables of the fakes in memory, and the unit of work over them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from typing_extensions import override

from adapters.persistence.engine.codec import storable
from adapters.persistence.engine.unit_of_work import call_logged
from domain.accounts.api_keys import ApiKey
from domain.accounts.identity import ForeignSubject
from domain.accounts.ports import LoginSession, PasswordReset, Ticket
from domain.accounts.users import User
from domain.configuration.configuration import Configuration
from domain.connected_accounts.connected_account import (
    AccountKey,
    ConnectedAccount,
    PendingConnection,
)
from domain.consents.consent import Consent, ConsentStatus, withdrawn
from domain.conversations.conversation import PREVIEW_LENGTH, Conversation, Message
from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.version import ApiVersion
from domain.learning.ports import SealedCredentials
from domain.notifications.notices import Notice
from domain.plugins.switches import Switch
from domain.policy.audit import Decided
from domain.runs.events import Event
from domain.runs.ports import RunRecord
from domain.runs.states import RunStatus
from domain.shared.idempotency import RequestKey
from domain.shared.text import shorten
from domain.shared.unit_of_work import UnitOfWork
from domain.tools.artifacts import KeptArtifact

T = TypeVar("T")

FREE: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class StoredSession:
    session: LoginSession
    previous: str | None = None
    revoked: bool = False


@dataclass(frozen=True)
class StoredRun:
    """``leased_until`` is None when nobody drives it, `FREE` when anybody may."""

    record: RunRecord
    worker_id: str
    leased_until: datetime | None

    @property
    def is_active(self) -> bool:
        return self.record.finished_at is None


@dataclass(frozen=True)
class StoredAnswer:
    key: RequestKey
    outcome: str | None = None


@dataclass(frozen=True)
class StoredApi:
    api: LearnedApi
    version: ApiVersion
    waiting: ApiVersion | None = None


@dataclass(frozen=True)
class StoredAccount:
    """``renewed_until``: somebody renews its grant until then."""

    account: ConnectedAccount
    renewed_until: datetime | None = None


@dataclass
class Memory:
    """The tables. Their values are immutable, so that a shallow copy is a snapshot."""

    users: dict[str, tuple[User, str]] = field(default_factory=dict)
    sessions: dict[str, StoredSession] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, tuple[Message, ...]] = field(default_factory=dict)
    runs: dict[str, StoredRun] = field(default_factory=dict)
    events: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    artifacts: dict[str, KeptArtifact] = field(default_factory=dict)
    answers: dict[tuple[str, str], StoredAnswer] = field(default_factory=dict)
    audit: dict[str, Decided] = field(default_factory=dict)
    configuration: dict[str, Configuration] = field(default_factory=dict)
    switches: dict[tuple[str, str], Switch] = field(default_factory=dict)
    plugin_settings: dict[str, bytes] = field(default_factory=dict)
    plugin_values: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    learned_apis: dict[str, StoredApi] = field(default_factory=dict)
    api_keys: dict[tuple[str, str], SealedCredentials] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    password_resets: dict[str, PasswordReset] = field(default_factory=dict)
    program_keys: dict[str, ApiKey] = field(default_factory=dict)
    foreign_identities: dict[ForeignSubject, tuple[str, datetime]] = field(default_factory=dict)
    connected_accounts: dict[AccountKey, StoredAccount] = field(default_factory=dict)
    pending_connections: dict[str, PendingConnection] = field(default_factory=dict)
    notices: dict[int, Notice] = field(default_factory=dict)

    def snapshot(self) -> list[dict[Any, Any]]:
        return [dict(getattr(self, table.name)) for table in fields(self)]

    def restore(self, snapshot: list[dict[Any, Any]]) -> None:
        for table, content in zip(fields(self), snapshot, strict=True):
            setattr(self, table.name, content)

    def write(self, notices: Sequence[Notice]) -> None:
        """Put notices into the outbox."""
        self.notices |= dict(enumerate(notices, len(self.notices)))

    def forget(self, user_id: str) -> None:
        """Remove what belongs to a user who is gone."""
        kept = {place: v for place, v in self.plugin_values.items() if place[1] != user_id}
        self.plugin_values = kept
        gone = [run.record.id for run in self.runs.values() if run.record.user_id == user_id]
        for run_id in gone:
            del self.runs[run_id]
            self.events.pop(run_id, None)
        owners = {each.id: each.user_id for each in self.conversations.values()}
        for conversation_id, owner in owners.items():
            if owner == user_id:
                del self.conversations[conversation_id]
                self.messages.pop(conversation_id, None)
        self.consents = {k: v for k, v in self.consents.items() if v.run_id not in gone}
        self.sessions = {k: v for k, v in self.sessions.items() if v.session.user_id != user_id}
        identities = self.foreign_identities.items()
        self.foreign_identities = {k: v for k, v in identities if v[0] != user_id}
        self.program_keys = {k: v for k, v in self.program_keys.items() if v.user_id != user_id}
        self.password_resets = {
            k: v for k, v in self.password_resets.items() if v.user_id != user_id
        }
        self.answers = {k: v for k, v in self.answers.items() if k[0] != user_id}
        self.api_keys = {k: v for k, v in self.api_keys.items() if user_id not in k}
        self.connected_accounts = {
            k: v for k, v in self.connected_accounts.items() if k.user_id != user_id
        }
        self.pending_connections = {
            k: v for k, v in self.pending_connections.items() if v.session_id in self.sessions
        }

    def active_in(self, conversation_id: str) -> str | None:
        """Return the id of the run that is active in a conversation."""
        active = (
            run.record.id
            for run in self.runs.values()
            if run.is_active and run.record.conversation_id == conversation_id
        )
        return next(active, None)

    def say(self, message: Message) -> None:
        """Put a message at the end of its conversation."""
        content = storable(message.content)
        conversation = self.conversations[message.conversation_id]
        self.conversations[conversation.id] = replace(
            conversation,
            message_count=conversation.message_count + 1,
            last_message_preview=shorten(content, PREVIEW_LENGTH)
            or conversation.last_message_preview,
        )
        kept = replace(message, content=content)
        self.messages[conversation.id] = (*self.messages.get(conversation.id, ()), kept)

    def guard(self, conversation_id: str, message_id: str, text: str) -> None:
        """Keep what models get in the place of a message."""
        self.messages[conversation_id] = tuple(
            replace(each, model_text=storable(text)) if each.id == message_id else each
            for each in self.messages[conversation_id]
        )

    def consents_of(self, run_id: str) -> list[Consent]:
        """Return the requests of a run, oldest first."""
        found = [consent for consent in self.consents.values() if consent.run_id == run_id]
        return sorted(found, key=lambda consent: (consent.created_at, consent.id))

    def settle(self, consent: Consent) -> None:
        """Keep a request that waits no more, and let its run be claimed if it waits for it."""
        self.consents[consent.id] = consent
        self.free(consent.run_id)

    def free(self, run_id: str) -> None:
        """Let a run that waits for a human be claimed."""
        run = self.runs[run_id]
        if run.record.status is RunStatus.WAITING_CONSENT:
            freed = replace(run.record, status=RunStatus.RUNNING)
            self.runs[run_id] = replace(run, record=freed, leased_until=FREE)

    def withdraw(self, run_id: str, at: datetime) -> None:
        """Cancel what still waits of a run that ends."""
        for consent in self.consents_of(run_id):
            if consent.status is ConsentStatus.WAITING:
                self.consents[consent.id] = withdrawn(consent, at)


class FakeUnitOfWork(UnitOfWork):
    """One unit of work at a time; what other tasks write meanwhile is undone with it."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._lock = asyncio.Lock()
        self._ambient: ContextVar[list[Callable[[], object]] | None] = ContextVar(
            "ambient", default=None
        )
        self._running: set[asyncio.Task[Any]] = set()

    @override
    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        if self._ambient.get() is not None:
            return await work()
        task = asyncio.create_task(self._transact(work))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    @override
    def after_commit(self, callback: Callable[[], object]) -> None:
        callbacks = self._ambient.get()
        if callbacks is None:
            call_logged(callback)
        else:
            callbacks.append(callback)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen here: a caller who left does not ask for it

    async def _transact(self, work: Callable[[], Awaitable[T]]) -> T:
        callbacks = list[Callable[[], object]]()
        async with self._lock:
            self._ambient.set(callbacks)
            before = self._memory.snapshot()
            try:
                result = await work()
            except BaseException:
                self._memory.restore(before)
                raise
        self._ambient.set(None)
        for callback in callbacks:
            call_logged(callback)
        return result

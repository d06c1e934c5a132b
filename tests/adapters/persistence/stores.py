"""What every store offers, whoever fulfils it, and records to put in."""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from domain.conversations import Conversation, Message, MessageRole
from domain.events import Answered, Body, Chunk, Ended, RunStarted
from domain.identity import Role, User
from domain.ids import new_id
from domain.ports.configurations import Configurations
from domain.ports.conversations import Conversations
from domain.ports.runs import Ending, Leases, NewRun, RunLog, Runs
from domain.ports.unit_of_work import UnitOfWork
from domain.ports.users import Session, Sessions, Users
from domain.runs import RunStatus

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNKNOWN = "01900000-0000-7000-8000-000000000000"
NOT_IDS = (
    "",
    "1",
    "conv_123",
    "0" * 36,
    "\0",
    "'; DROP TABLE users; --",
    "\ud800",
    UNKNOWN + "\n",
)


class AnyStore(Protocol):
    """The ports, by the names that the composition root uses."""

    @property
    def users(self) -> Users: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def conversations(self) -> Conversations: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def log(self) -> RunLog: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def configurations(self) -> Configurations: ...
    @property
    def unit_of_work(self) -> UnitOfWork: ...


def a_user(name: str = "ann", at: datetime = NOW) -> User:
    return User(new_id(), f"{name}@x.org", name, name.title(), Role.USER, at)


def a_session(user: User, fingerprint: str = "f1") -> Session:
    return Session(new_id(), user.id, fingerprint, NOW, NOW + MINUTE)


def a_conversation(user_id: str, title: str = "Title", at: datetime = NOW) -> Conversation:
    return Conversation(new_id(), user_id, title, at, at)


def a_run(user_id: str, conversation_id: str | None = None, **changes: Any) -> NewRun:
    """Return a run to begin: in a new conversation if none is named."""
    started = RunStarted(
        user_id=user_id,
        conversation_id=conversation_id or new_id(),
        question_id=new_id(),
        message_id=new_id(),
        provider="offline",
        model="offline-1",
        autonomy="semi",
        max_steps=8,
    )
    values: dict[str, Any] = {
        "question": "How many?",
        "new_title": None if conversation_id else "How many?",
        "at": NOW,
        "worker_id": "w1",
        "leased_until": NOW + MINUTE,
    }
    return NewRun(id=new_id(), started=started, **values | changes)


def an_ending(run: NewRun, content: str | None = "42", at: datetime = NOW, **said: Any) -> Ending:
    """Return how the run ends: with an answer, unless ``content`` is None."""
    if content is None:
        return Ending(RunStatus.FAILED, None, at)
    started = run.started
    answer = Message(
        started.message_id,
        started.conversation_id,
        MessageRole.ASSISTANT,
        content,
        at,
        run.id,
        **said,
    )
    return Ending(RunStatus.COMPLETED, answer, at)


async def answered(
    store: AnyStore,
    user_id: str,
    conversation_id: str | None = None,
    *,
    question: str = "How many?",
    answer: str = "42",
    at: datetime = NOW,
) -> NewRun:
    """Have one whole turn in a conversation, and return its run."""
    run = a_run(user_id, conversation_id, question=question, at=at)
    await store.runs.start(run, 10)
    bodies: list[Body] = [Chunk(answer), Answered(run.started.message_id, answer), DONE]
    await store.log.append(run.id, 1, 2, bodies, an_ending(run, answer, at))
    return run


DONE = Ended("completed", "end", 5, 7, ("c1",))

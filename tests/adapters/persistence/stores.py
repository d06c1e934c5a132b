"""What every store offers, whoever fulfils it, and records to put in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.persistence import Store
from domain.accounts.ports import LoginSession
from domain.accounts.users import Role, User
from domain.consents.consent import Consent, ConsentDecision, ConsentKind, digest_of
from domain.consents.service import keep_answer
from domain.conversations.conversation import Conversation, Message, MessageRole
from domain.execution.questions import requested
from domain.models.messages import StopReason
from domain.policy.policy import Autonomy
from domain.runs.call_events import ToolIntended
from domain.runs.events import Answered, Body, Chunk, Ended, RunStarted, StepEnded
from domain.runs.ports import Ending, NewRun
from domain.runs.states import RunStatus
from domain.shared.idempotency import RequestKey
from domain.shared.ids import new_id
from domain.tools.tool import Effect

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


def a_user(name: str = "ann", at: datetime = NOW) -> User:
    return User(new_id(), f"{name}@x.org", name, name.title(), Role.USER, at)


async def user_of(store: Store, session_id: str, now: datetime = NOW) -> User | None:
    """Return the user of a session; None where it is over."""
    found = await store.sessions.get(session_id, now)
    return None if found is None else found[1]


def a_session(user: User, fingerprint: str = "f1") -> LoginSession:
    return LoginSession(new_id(), user.id, fingerprint, NOW, NOW + MINUTE)


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
        autonomy=Autonomy.SEMI,
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


def a_direct_run(user_id: str, **changes: Any) -> NewRun:
    """Return a run to begin that is one tool call, in no conversation."""
    started = RunStarted(user_id, "", "", "", "", "", Autonomy.SEMI, 1, is_direct=True)
    values: dict[str, Any] = {
        "at": NOW,
        "worker_id": "w1",
        "leased_until": NOW + MINUTE,
        "events": (
            ToolIntended("c1", "look", {"n": 1}, Effect.READ, "v1"),
            StepEnded(StopReason.TOOL_CALLS, 0, 0, 0),
        ),
    }
    return NewRun(id=new_id(), started=started, question="", new_title=None, **values | changes)


def a_key(user_id: str, key: str = "k1", at: datetime = NOW, body: str = "same") -> RequestKey:
    return RequestKey(user_id, key, f"fingerprint of {body}", at)


def a_consent(run: NewRun, **changes: Any) -> Consent:
    """Return a question to the user of the run: may it write?"""
    params = {"text": "naïve \0", "n": [1, None, 2**70]}
    values: dict[str, Any] = {
        "call_id": "c1",
        "kind": ConsentKind.APPROVAL,
        "params": params,
        "digest": digest_of("write", "v1", params),
        "created_at": NOW,
        "expires_at": NOW + 10 * MINUTE,
    }
    return Consent(
        id=new_id(),
        run_id=run.id,
        user_id=run.started.user_id,
        tool="write",
        version="v1",
        effect=Effect.WRITE,
        reason="rule 1",
        preview="write(...)",
        preview_lines=({"kind": "what", "text": "Write it: naïve"},),
        confirm=("text",),
        conversation_id=run.started.conversation_id,
        **values | changes,
    )


async def asked(store: Store, run: NewRun, *consents: Consent, parked: bool = True) -> None:
    """Begin the run, ask, and let it wait."""
    await store.runs.start(run, 10)
    requests = [requested(consent) for consent in consents]
    first = 2 + len(run.events)
    await store.log.append(run.id, 1, first, requests, consents=consents)
    if parked:
        assert await store.leases.park(run.id, 1, 0) is True


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
    store: Store,
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
    await store.log.append(run.id, 1, 2, bodies, ending=an_ending(run, answer, at))
    return run


async def reply(
    store: Store, user_id: str, consent_id: str, answer: ConsentDecision, now: datetime
) -> Consent:
    """Answer a request, as the core does."""
    return await keep_answer(
        store.consents, await store.consents.get(user_id, consent_id), answer, now
    )


DONE = Ended(RunStatus.COMPLETED, "end", 5, 7, ("c1",))

"""Mapping of database rows to the core's records."""

from collections.abc import Mapping
from typing import Any

from adapters.persistence.calls import UNREADABLE, WHY, read_calls, read_outcomes, read_run_outcome
from adapters.persistence.engine.codec import moment
from adapters.persistence.engine.formats import ARGUMENTS, CONSENT_FORM, VALUES
from adapters.persistence.sampling import read_sampling
from domain.accounts.login_clients import LoginClient
from domain.accounts.ports import LoginSession
from domain.accounts.users import Role, User
from domain.consents.consent import Consent, ConsentKind, ConsentStatus
from domain.conversations.conversation import Conversation, Message, MessageRole
from domain.policy.audit import Decided
from domain.runs.ports import RunRecord
from domain.runs.states import RunStatus
from domain.tools.questions import QuestionKind, ToolQuestion
from domain.tools.tool import Effect

Row = Mapping[str, Any]


def to_user(row: Row) -> User:
    """Return the user of a row."""
    return User(
        id=str(row["id"]),
        email=row["email"],
        username=row["username"],
        full_name=row["full_name"],
        role=Role(row["role"]),
        created_at=moment(row["created_at"]),
        is_disabled=row["disabled_at"] is not None,
    )


def to_session(row: Row) -> LoginSession:
    """Return the session of a row."""
    return LoginSession(
        id=str(row["id"]),
        user_id=str(row["user_id"]),
        fingerprint=row["fingerprint"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        client=LoginClient(row["user_agent"] or "", row["network"] or ""),
        last_used_at=None if row["last_used_at"] is None else moment(row["last_used_at"]),
        ends_at=None if row["ends_at"] is None else moment(row["ends_at"]),
    )


def to_conversation(row: Row) -> Conversation:
    """Return the conversation of a row."""
    return Conversation(
        id=str(row["id"]),
        user_id=str(row["user_id"]),
        title=row["title"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        message_count=row["message_count"],
        last_message_preview=row["last_message_preview"],
        provider=row["provider"],
        model=row["model"],
        active_run_id=str(row["active_run_id"]) if row["active_run_id"] else None,
        sampling=read_sampling(row["sampling"]),
    )


def to_message(row: Row) -> Message:
    """Return the message of a row."""
    return Message(
        id=str(row["id"]),
        conversation_id=str(row["conversation_id"]),
        role=MessageRole(row["role"]),
        content=row["content"],
        created_at=moment(row["created_at"]),
        run_id=str(row["run_id"]) if row["run_id"] else None,
        tool_calls=read_calls(row["tool_calls"]),
        results=read_outcomes(row["results"]),
        model_text=row["model_text"],
    )


def to_run(row: Row) -> RunRecord:
    """Return the run of a row; a direct run has no conversation and no message."""
    return RunRecord(
        id=str(row["id"]),
        user_id=str(row["user_id"]),
        conversation_id=str(row["conversation_id"] or ""),
        message_id=str(row["message_id"] or ""),
        status=RunStatus(row["status"]),
        attempt=row["attempt"],
        cancel_requested=bool(row["cancel_requested"]),
        created_at=moment(row["created_at"]),
        finished_at=moment(row["finished_at"]) if row["finished_at"] else None,
        place=row["place"] or 0,
        outcome=read_run_outcome(row["outcome"]) if row["outcome"] else None,
        events_gone=row["events_state"] is not None,
    )


def to_consent(row: Row) -> Consent:
    """Return the consent request of a row."""
    original = row["original_params"]
    form = CONSENT_FORM.readable(row["form"] or "{}", {})
    return Consent(
        id=str(row["id"]),
        run_id=str(row["run_id"]),
        call_id=row["call_id"],
        user_id=str(row["user_id"]),
        kind=ConsentKind(row["kind"]),
        tool=row["tool"],
        version=row["version"],
        params=ARGUMENTS.readable(row["params"], UNREADABLE),
        effect=Effect(row["effect"]),
        reason=row["reason"],
        preview=row["preview"],
        digest=row["digest"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        status=ConsentStatus(row["status"]),
        answer_reason=row["answer_reason"],
        answered_at=moment(row["answered_at"]) if row["answered_at"] else None,
        original_params=None if original is None else ARGUMENTS.readable(original, UNREADABLE),
        conversation_id=str(row["conversation_id"] or ""),
        preview_lines=tuple(form.get("preview_lines", ())),
        confirm=tuple(form.get("confirm", ())),
        question=_to_question(row["kind"], form),
        values=None if row["answer"] is None else VALUES.readable(row["answer"], UNREADABLE),
    )


def _to_question(kind: str, form: Mapping[str, Any]) -> ToolQuestion | None:
    if kind not in set(QuestionKind):
        return None
    question = form.get("question", {})
    return ToolQuestion(
        QuestionKind(kind), question.get("message", WHY), question.get("fields", {})
    )


def to_decided(row: Row) -> Decided:
    """Return the recorded decision of a row."""
    return Decided(
        id=str(row["id"]),
        at=moment(row["at"]),
        user_id=str(row["user_id"]),
        username=row["username"],
        run_id=str(row["run_id"]),
        call_id=row["call_id"],
        tool=row["tool"],
        effect=row["effect"],
        params=ARGUMENTS.readable(row["params"], UNREADABLE),
        digest=row["digest"],
        decision=row["decision"],
        rule=row["rule"],
    )

"""Consents: a human approves a call before it starts, or says what an interrupted one has done.

The other kinds are questions of the tool itself, which waits for the answer (`ToolQuestion`).

A consent is bound to a digest of tool, version and arguments, so only the approved call can run.
It is answered once, by the user of the run, before it expires; anything but an explicit yes is a
no.

The transitions are `answered`, `expired` and `withdrawn`, and nothing else; a repository stores
their result by compare-and-set, while the request still waits.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain.shared.errors import Conflict, Gone
from domain.shared.json_values import storable
from domain.tools.preview import Preview
from domain.tools.questions import QuestionKind, ToolQuestion
from domain.tools.tool import Effect

PREVIEW: Final = 500


class ConsentKind(StrEnum):
    """What a request asks: approval of a call, the outcome of an interrupted one, or a question.

    Each `QuestionKind` is one of these.
    """

    APPROVAL = "approval"
    OUTCOME = "outcome"
    INPUT = QuestionKind.INPUT.value
    CALL = QuestionKind.CALL.value
    CONNECT_ACCOUNT = QuestionKind.CONNECT_ACCOUNT.value


class ConsentStatus(StrEnum):
    """The state of a request. The last three are answers to a question about an outcome."""

    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DONE = "done"
    NOT_DONE = "not_done"
    TRY_AGAIN = "try_again"

    @property
    def lets_run(self) -> bool:
        """Tell whether the call may run now."""
        return self in {ConsentStatus.APPROVED, ConsentStatus.TRY_AGAIN}


@dataclass(frozen=True, slots=True)
class ConsentDecision:
    """A human's answer, validated.

    ``params`` are the edited arguments of an approval, if any; ``values`` answer a question.
    """

    status: ConsentStatus
    params: Mapping[str, Any] | None = None
    reason: str = ""
    values: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent request and, later, its answer. ``digest`` is that of the call that may run.

    ``conversation_id`` is that of its run; empty where a tool was called without the agent.
    ``preview_lines`` are those of the tool's own preview (`Preview.lines`), if it has one;
    ``confirm`` names the arguments that must be typed again with an approval.
    ``question`` is that of the tool, where the tool asks, and ``values`` the answer to it: they are
    in no log and not in the audit.
    """

    id: str
    run_id: str
    call_id: str
    user_id: str
    kind: ConsentKind
    tool: str
    version: str
    params: Mapping[str, Any]
    effect: Effect
    reason: str
    preview: str
    digest: str
    created_at: datetime
    expires_at: datetime
    status: ConsentStatus = ConsentStatus.WAITING
    answer_reason: str = ""
    answered_at: datetime | None = None
    original_params: Mapping[str, Any] | None = None
    conversation_id: str = ""
    preview_lines: tuple[Mapping[str, str], ...] = ()
    confirm: tuple[str, ...] = ()
    question: ToolQuestion | None = None
    values: Mapping[str, Any] | None = field(default=None, repr=False)


def require_waiting(consent: Consent, now: datetime) -> None:
    """Check that a request can still be answered.

    Raises:
        Gone: its time is over.
        Conflict: it was answered before, or its run has ended.

    """
    if consent.status is ConsentStatus.EXPIRED or (
        consent.status is ConsentStatus.WAITING and consent.expires_at <= now
    ):
        raise Gone("The time to answer this request is over.")
    if consent.status is not ConsentStatus.WAITING:
        raise Conflict("This request was answered before, or its run has ended.")


def answered(consent: Consent, answer: ConsentDecision, now: datetime) -> Consent:
    """Return the request with its answer; edited arguments replace the requested ones.

    Raises:
        Gone: its time is over.
        Conflict: it was answered before, or its run has ended.

    """
    require_waiting(consent, now)
    is_edited = answer.params is not None
    params = consent.params if answer.params is None else answer.params
    return replace(
        consent,
        status=answer.status,
        answer_reason=storable(answer.reason),
        answered_at=now,
        params=params,
        original_params=consent.params if is_edited else None,
        digest=digest_of(consent.tool, consent.version, params),
        values=answer.values,
    )


def expired(consent: Consent, now: datetime) -> Consent:
    """Return the request as expired: nobody answered it in time."""
    return replace(consent, status=ConsentStatus.EXPIRED, answered_at=now)


def withdrawn(consent: Consent, now: datetime) -> Consent:
    """Return the request as cancelled: its run ended while it waited."""
    return replace(consent, status=ConsentStatus.CANCELLED, answered_at=now)


def digest_of(tool: str, version: str, params: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a call in canonical JSON: keys sorted, no white space."""
    text = json.dumps([tool, version, params], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def preview_of(tool: str, params: Mapping[str, Any], tool_preview: Preview | None = None) -> str:
    """Return a line that shows a human the call; ``tool_preview`` is the tool's own preview."""
    shown = ", ".join(f"{name}={json.dumps(v, ensure_ascii=False)}" for name, v in params.items())
    line = f"{tool_preview.line}: {tool}({shown})" if tool_preview else f"{tool}({shown})"
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1] + "…"

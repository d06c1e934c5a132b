"""Consent requests for calls, and the events that their answers give the run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from domain.consents.consent import (
    PREVIEW,
    Consent,
    ConsentKind,
    ConsentStatus,
    digest_of,
    preview_of,
)
from domain.conversations.calls import Problem
from domain.execution.tool_calls import settled
from domain.runs.call_events import ConsentAnswered, ConsentRequested, ToolErred, ToolFinished
from domain.runs.decide import UNKNOWN
from domain.runs.events import Body
from domain.runs.run import Call, Run
from domain.runs.states import CallState
from domain.shared.error_codes import Refusal
from domain.shared.ids import new_id
from domain.shared.text import shorten
from domain.tools.preview import Preview
from domain.tools.questions import ToolQuestion

LIFE: Final = timedelta(hours=24)


def ask_about(
    run: Run,
    questions: Sequence[tuple[Call, ConsentKind, str]],
    now: datetime,
    previews: Mapping[str, Preview | None],
) -> list[Consent]:
    """Return the consent requests for these calls, about their approval or outcome.

    ``previews`` are the tools' previews by the calls' ids.
    """
    return [
        _request(run, call, kind, reason, now, previews.get(call.id))
        for call, kind, reason in questions
    ]


def ask_for(run: Run, call: Call, question: ToolQuestion, now: datetime) -> Consent:
    """Return the consent request for a question that a call puts to its user."""
    request = _request(run, call, ConsentKind(question.kind), question.reason, now)
    return replace(request, question=question, preview=shorten(question.message, PREVIEW))


def _request(
    run: Run,
    call: Call,
    kind: ConsentKind,
    reason: str,
    now: datetime,
    preview: Preview | None = None,
) -> Consent:
    return Consent(
        id=new_id(),
        run_id=run.id,
        call_id=call.id,
        user_id=run.started.user_id,
        kind=kind,
        tool=call.tool,
        version=call.version,
        params=call.params,
        effect=call.effect,
        reason=reason,
        preview=preview_of(call.tool, call.params, preview),
        digest=digest_of(call.tool, call.version, call.params),
        created_at=now,
        expires_at=now + LIFE,
        conversation_id=run.started.conversation_id,
        preview_lines=() if preview is None else preview.lines(),
        confirm=call.confirm if kind is ConsentKind.APPROVAL else (),
    )


def requested(consent: Consent) -> ConsentRequested:
    """Return the event of a consent request."""
    return ConsentRequested(
        request_id=consent.id,
        call_id=consent.call_id,
        kind=consent.kind,
        tool=consent.tool,
        params=consent.params,
        effect=consent.effect,
        reason=consent.reason,
        preview=consent.preview,
        digest=consent.digest,
        expires_at=consent.expires_at.isoformat(),
        preview_lines=consent.preview_lines,
        confirm=consent.confirm,
        message=consent.question.message if consent.question else "",
        fields=consent.question.fields if consent.question else {},
    )


def news_of(run: Run, consents: Sequence[Consent]) -> list[Body]:
    """Return the events for answers that the run's events do not contain yet."""
    waiting = {call.request_id: call for call in run.calls.values() if call.is_waiting}
    return [
        body
        for consent in consents
        if consent.status is not ConsentStatus.WAITING and consent.id in waiting
        for body in _answered(waiting[consent.id], consent)
    ]


def _answered(call: Call, consent: Consent) -> list[Body]:
    answered = ConsentAnswered(
        request_id=consent.id,
        call_id=call.id,
        status=consent.status,
        params=consent.params,
        digest=consent.digest,
        reason=consent.answer_reason,
        is_edited=consent.original_params is not None,
        values=consent.values,
    )
    if consent.question is not None:  # of the tool, which handles a no itself
        is_answered = consent.status is not ConsentStatus.EXPIRED
        return [answered] if is_answered else [answered, _given_up(call, _UNANSWERED)]
    match consent.status:
        case ConsentStatus.APPROVED | ConsentStatus.TRY_AGAIN:
            return [answered]
        case ConsentStatus.DONE:
            return [answered, ToolFinished(call.id, call.tool, _CONFIRMED, 0.0, call.edited_params)]
        case ConsentStatus.NOT_DONE:
            return [answered, settled(call, CallState.FAILED, _NOT_DONE)]
    if consent.kind is ConsentKind.OUTCOME:
        return [answered, settled(call, CallState.UNKNOWN, UNKNOWN)]
    problem = (
        _EXPIRED if consent.status is ConsentStatus.EXPIRED else _denied(consent.answer_reason)
    )
    return [answered, _given_up(call, problem)]


def _given_up(call: Call, problem: Problem) -> ToolErred:
    """Return the end of a call to which nobody said yes; an earlier attempt may have acted."""
    if call.may_have_acted:
        return settled(call, CallState.UNKNOWN, UNKNOWN)
    return settled(call, CallState.FAILED if call.starts else CallState.REFUSED, problem)


_CONFIRMED: Final = {"note": "The call was interrupted; the user says that it was done."}
_NOT_DONE: Final = Problem(
    Refusal.NOT_DONE, "The call was interrupted; the user says that it did not take effect."
)
_UNANSWERED: Final = Problem(
    Refusal.CONSENT_EXPIRED, "The tool asked its user, and nobody answered in time."
)
_EXPIRED: Final = Problem(Refusal.CONSENT_EXPIRED, "Not run: nobody answered the request in time.")


def _denied(reason: str) -> Problem:
    quoted = f" They said: {reason}" if reason else ""
    return Problem(Refusal.CONSENT_DENIED, f"Not run: the user said no.{quoted}")

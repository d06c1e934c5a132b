"""What a human's no makes of a call, of which an earlier attempt may have acted."""

from typing import Any

import pytest

from domain.consents.consent import Consent, ConsentDecision, ConsentKind, ConsentStatus, answered
from domain.execution.questions import ask_about, ask_for, news_of, requested
from domain.runs.call_events import ToolErred, ToolStarted
from domain.runs.events import Body, Resumed
from domain.runs.folding import advance
from domain.runs.run import Run
from domain.runs.states import CallState
from domain.tools.questions import QuestionKind, ToolQuestion
from domain.tools.tool import Effect
from tests.domain.builders import NOW, call, numbered, run_of, step

QUESTION = ToolQuestion(QuestionKind.INPUT, "Where?")
LATE = ConsentStatus.EXPIRED
NO = ConsentStatus.DENIED


def after(run: Run, *bodies: Body) -> Run:
    return advance(run, numbered(bodies, run.number + 1))


def news(run: Run, consent: Consent, status: ConsentStatus) -> list[Body]:
    values: dict[str, Any] | None = (
        {} if status is ConsentStatus.APPROVED and consent.question else None
    )
    return news_of(run, [answered(consent, ConsentDecision(status, None, "", values), NOW)])


def suspended(effect: Effect, *, died: bool) -> tuple[Run, Consent]:
    """Return a run whose call has put a question; with ``died``, after an attempt that was lost."""
    lost = (ToolStarted("a"), Resumed()) if died else ()
    run = run_of(call("a", effect), step("tool_calls"), *lost, ToolStarted("a"))
    question = ask_for(run, run.calls["a"], QUESTION, NOW)
    return after(run, requested(question)), question


@pytest.mark.parametrize(
    ("effect", "died", "state"),
    [
        (Effect.WRITE, True, CallState.UNKNOWN),
        (Effect.WRITE, False, CallState.FAILED),
        (Effect.READ, True, CallState.FAILED),
    ],
)
def test_a_question_that_nobody_answers(effect: Effect, died: bool, state: CallState) -> None:
    run, question = suspended(effect, died=died)

    (_, erred) = news(run, question, LATE)

    assert isinstance(erred, ToolErred)
    assert erred.outcome is state


@pytest.mark.parametrize("status", [NO, LATE])
@pytest.mark.parametrize(("died", "state"), [(True, CallState.UNKNOWN), (False, CallState.FAILED)])
def test_a_call_that_nobody_approves_after_its_question(
    status: ConsentStatus, died: bool, state: CallState
) -> None:
    run, question = suspended(Effect.WRITE, died=died)
    run = after(run, *news(run, question, ConsentStatus.APPROVED))
    (approval,) = ask_about(run, [(run.calls["a"], ConsentKind.APPROVAL, "a plugin")], NOW, {})
    run = after(run, requested(approval))
    assert run.calls["a"].may_have_acted is died

    (_, erred) = news(run, approval, status)

    assert isinstance(erred, ToolErred)
    assert erred.outcome is state


@pytest.mark.parametrize("status", [NO, LATE])
def test_a_call_that_nobody_approves_was_never_made(status: ConsentStatus) -> None:
    run = run_of(call("a", Effect.WRITE), step("tool_calls"))
    (approval,) = ask_about(run, [(run.calls["a"], ConsentKind.APPROVAL, "rule 1")], NOW, {})
    run = after(run, requested(approval))

    (_, erred) = news(run, approval, status)

    assert isinstance(erred, ToolErred)
    assert erred.outcome is CallState.REFUSED

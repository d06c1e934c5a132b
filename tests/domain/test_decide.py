"""What a run does next is a pure function of where it stands."""

import pytest

from domain.decide import AskModel, CallTools, Finish, SettleCalls, decide
from domain.events import Erred, ToolErred, ToolFinished, ToolStarted
from domain.runs import CallState, RunStatus
from domain.tools import Effect
from tests.domain.builders import call, run_of, said, step

CANCEL = Finish(RunStatus.CANCELLED)


def test_a_new_run_asks_the_model() -> None:
    assert decide(run_of()) == AskModel()


def test_an_answer_without_calls_is_the_end() -> None:
    assert decide(run_of(*said("hi"), step())) == Finish(RunStatus.COMPLETED)


def test_calls_that_may_run_are_called_together() -> None:
    action = decide(run_of(call("a"), call("b"), step("tool_calls")))
    assert isinstance(action, CallTools)
    assert [c.id for c in action.calls] == ["a", "b"]


@pytest.mark.parametrize(
    ("autonomy", "effect", "runs"),
    [
        ("manual", Effect.READ, False),
        ("manual", Effect.WRITE, False),
        ("manual", Effect.DESTRUCTIVE, False),
        ("semi", Effect.READ, True),
        ("semi", Effect.WRITE, False),
        ("semi", Effect.DESTRUCTIVE, False),
        ("full", Effect.READ, True),
        ("full", Effect.WRITE, True),
        ("full", Effect.DESTRUCTIVE, True),
    ],
)
def test_what_runs_unasked(autonomy: str, effect: Effect, *, runs: bool) -> None:
    action = decide(run_of(call("a", effect), step("tool_calls"), autonomy=autonomy))
    if runs:
        assert isinstance(action, CallTools)
    else:
        assert isinstance(action, SettleCalls)
        (_, state, problem) = action.calls[0]
        assert state is CallState.REFUSED
        assert autonomy in problem.message


def test_refused_calls_are_settled_before_the_others_run() -> None:
    run = run_of(call("a"), call("b", Effect.WRITE), step("tool_calls"))
    action = decide(run)
    assert isinstance(action, SettleCalls)
    assert [c.id for c, _, _ in action.calls] == ["b"]


def test_settled_calls_go_back_to_the_model() -> None:
    run = run_of(
        call("a"),
        call("b"),
        step("tool_calls"),
        ToolStarted("a"),
        ToolFinished("a", "look", 1, 1.0),
        ToolErred("b", "look", "refused", "CONSENT_REQUIRED", "no", {}),
    )
    assert decide(run) == AskModel()


def test_the_number_of_steps_is_bounded_and_said() -> None:
    finished = [
        body
        for n in range(3)
        for body in (
            call(f"c{n}"),
            step("tool_calls"),
            ToolStarted(f"c{n}"),
            ToolFinished(f"c{n}", "look", 1, 1.0),
        )
    ]
    action = decide(run_of(*finished))
    assert isinstance(action, Finish)
    assert action.status is RunStatus.FAILED
    assert action.problem is not None
    assert action.problem.code == "STEP_LIMIT"
    assert "3 steps" in action.problem.message


def test_an_error_ends_the_run() -> None:
    assert decide(run_of(Erred("UPSTREAM_ERROR", "x", {}))) == Finish(RunStatus.FAILED)


@pytest.mark.parametrize(
    ("effect", "state"),
    [(Effect.READ, CallState.FAILED), (Effect.WRITE, CallState.UNKNOWN)],
)
@pytest.mark.parametrize("halt", [None, CANCEL])
def test_a_started_call_without_an_outcome_was_interrupted(
    effect: Effect, state: CallState, halt: Finish | None
) -> None:
    run = run_of(call("a", effect), step("tool_calls"), ToolStarted("a"), autonomy="full")
    action = decide(run, halt)
    assert isinstance(action, SettleCalls)
    assert action.calls[0][1] is state


def test_a_halt_begins_nothing_and_ends_once_all_is_settled() -> None:
    assert decide(run_of(), CANCEL) == CANCEL
    pending = decide(run_of(call("a"), step("tool_calls")), CANCEL)
    assert isinstance(pending, SettleCalls)
    assert pending.calls[0][1] is CallState.REFUSED

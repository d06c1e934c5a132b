"""What a run does next is a pure function of where it stands."""

from dataclasses import replace

import pytest

from domain.consents.consent import ConsentKind, ConsentStatus
from domain.policy.policy import Decision, Policy, Rule
from domain.runs.call_events import (
    ConsentAnswered,
    ConsentRequested,
    ToolErred,
    ToolFinished,
    ToolStarted,
)
from domain.runs.decide import MOST_LOSSES_OF_STEP as MOST
from domain.runs.decide import Action, AskHuman, AskModel, CallTools, Finish, SettleCalls, Wait
from domain.runs.decide import decide as decide_with
from domain.runs.events import Body, Erred, Released, Resumed, Retried
from domain.runs.run import Run
from domain.runs.states import CallState, RunStatus
from domain.tools.tool import Effect
from tests.domain.builders import call, run_of, said, step

CANCEL = Finish(RunStatus.CANCELLED)


def decide(run: Run, halt: Finish | None = None, *rules: Rule) -> Action:
    return decide_with(run, Policy(run.autonomy, rules), "ann", halt)


def asked(call_id: str = "a", kind: str = "approval") -> ConsentRequested:
    return ConsentRequested(
        f"r-{call_id}",
        call_id,
        ConsentKind(kind),
        "look",
        {"q": 1},
        Effect.WRITE,
        "why",
        "look(q=1)",
        "d",
        "soon",
    )


def answered(call_id: str, status: str, **params: int) -> ConsentAnswered:
    return ConsentAnswered(f"r-{call_id}", call_id, ConsentStatus(status), params, "d", "")


def test_a_new_run_asks_the_model() -> None:
    assert decide(run_of()) == AskModel()


def test_an_answer_without_calls_is_the_end() -> None:
    assert decide(run_of(*said("hi"), step())) == Finish(RunStatus.COMPLETED)


def test_calls_that_may_run_are_called_together() -> None:
    action = decide(run_of(call("a"), call("b"), step("tool_calls")))
    assert isinstance(action, CallTools)
    assert [c.id for c, _ in action.calls] == ["a", "b"]
    assert all("semi" in rule for _, rule in action.calls)


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
        assert isinstance(action, AskHuman)
        (_, kind, rule) = action.calls[0]
        assert kind is ConsentKind.APPROVAL
        assert autonomy in rule


def test_a_rule_that_denies_settles_the_call() -> None:
    run = run_of(call("a"), call("b"), step("tool_calls"))
    action = decide(run, None, Rule(Decision.DENY, name="never", tool="lo*"))
    assert isinstance(action, SettleCalls)
    assert [(c.id, state) for c, state, _ in action.calls] == [
        ("a", CallState.REFUSED),
        ("b", CallState.REFUSED),
    ]
    assert "rule 1 (never)" in action.calls[0][2].message


def test_humans_are_asked_first_then_what_may_run_runs_then_the_run_waits() -> None:
    intended = (call("a", Effect.WRITE), call("b"), step("tool_calls"))
    action = decide(run_of(*intended))
    assert isinstance(action, AskHuman)
    assert [c.id for c, _, _ in action.calls] == ["a"]
    action = decide(run_of(*intended, asked("a")))
    assert isinstance(action, CallTools)
    assert [c.id for c, _ in action.calls] == ["b"]
    finished = ToolFinished("b", "look", 1, 1.0)
    assert decide(run_of(*intended, asked("a"), ToolStarted("b"), finished)) == Wait()


def test_what_was_approved_runs_with_the_arguments_that_were_approved() -> None:
    run = run_of(
        call("a", Effect.WRITE), step("tool_calls"), asked("a"), answered("a", "approved", q=2)
    )
    action = decide(run)
    assert isinstance(action, CallTools)
    assert action.calls[0][0].params == {"q": 2}


def test_settled_calls_go_back_to_the_model() -> None:
    run = run_of(
        call("a"),
        call("b"),
        step("tool_calls"),
        ToolStarted("a"),
        ToolFinished("a", "look", 1, 1.0),
        ToolErred("b", "look", CallState.REFUSED, "CONSENT_REQUIRED", "no", {}),
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


def test_an_interrupted_read_is_made_again() -> None:
    action = decide(run_of(call("a"), step("tool_calls"), ToolStarted("a")))
    assert isinstance(action, CallTools)


def test_an_interrupted_effect_is_a_question_even_at_full_autonomy() -> None:
    run = run_of(call("a", Effect.WRITE), step("tool_calls"), ToolStarted("a"), autonomy="full")
    action = decide(run)
    assert isinstance(action, AskHuman)
    assert action.calls[0][1] is ConsentKind.OUTCOME
    started = (call("a", Effect.WRITE), step("tool_calls"), ToolStarted("a"))
    waiting = run_of(*started, asked("a", "outcome"), autonomy="full")
    assert decide(waiting) == Wait()
    again = run_of(*started, asked("a", "outcome"), answered("a", "try_again", q=1))
    assert isinstance(decide(again), CallTools)


def test_a_read_during_which_two_workers_died_fails_and_nobody_is_asked() -> None:
    begun = (call("a"), step("tool_calls"), ToolStarted("a"), ToolStarted("a"))
    action = decide(run_of(*begun, autonomy="manual"))
    assert isinstance(action, SettleCalls)
    ((lost, state, problem),) = action.calls
    assert (lost.id, state, problem.code) == ("a", CallState.FAILED, "WORKER_LOST")


def test_an_idempotent_call_during_which_two_workers_died_is_a_question() -> None:
    intended = replace(call("a", Effect.WRITE), idempotent=True)
    begun = (intended, step("tool_calls"), ToolStarted("a"))
    assert isinstance(decide(run_of(*begun, autonomy="full")), CallTools)
    action = decide(run_of(*begun, ToolStarted("a"), autonomy="full"))
    assert isinstance(action, AskHuman)
    ((_, kind, rule),) = action.calls
    assert (kind, "died, 2 times" in rule) == (ConsentKind.OUTCOME, True)
    again = (ToolStarted("a"), asked("a", "outcome"), answered("a", "try_again", q=1))
    assert isinstance(decide(run_of(*begun, *again)), CallTools)  # who asks for it gets it
    assert isinstance(decide(run_of(*begun, *again, ToolStarted("a"))), AskHuman)


def test_workers_that_were_told_to_stop_did_not_die() -> None:
    released = (ToolStarted("a"), Released()) * 5
    run = run_of(call("a"), step("tool_calls"), *released, ToolStarted("a"))
    assert isinstance(decide(run), CallTools)
    run = run_of(call("a"), step("tool_calls"), *released, ToolStarted("a"), ToolStarted("a"))
    assert isinstance(decide(run), SettleCalls)


def test_calls_during_which_a_worker_died_are_made_again_one_by_one() -> None:
    begun = (call("a"), call("b"), step("tool_calls"), ToolStarted("a"), ToolStarted("b"))
    action = decide(run_of(*begun))
    assert isinstance(action, CallTools)
    assert [c.id for c, _ in action.calls] == ["a"]
    finished = ToolFinished("a", "look", 1, 1.0)
    action = decide(run_of(*begun, ToolStarted("a"), finished))
    assert isinstance(action, CallTools)
    assert [c.id for c, _ in action.calls] == ["b"]
    action = decide(run_of(*begun, Released()))
    assert isinstance(action, CallTools)
    assert len(action.calls) == 2  # nobody died


def test_a_step_of_the_model_is_not_asked_for_for_ever() -> None:
    died: Body = Retried(1, 1)
    stopped: list[Body] = [Released(), died]
    assert decide(run_of(*[died] * (MOST - 1))) == AskModel()
    action = decide(run_of(*[died] * MOST))
    assert isinstance(action, Finish)
    assert action.problem is not None
    assert (action.status, action.problem.code) == (RunStatus.FAILED, "WORKER_LOST")
    assert decide(run_of(*stopped * MOST)) == AskModel()
    asked_at_last = (*[died] * (MOST - 1), call("a"), step("tool_calls"))
    finished = (ToolStarted("a"), ToolFinished("a", "look", 1, 1.0), died)
    assert decide(run_of(*asked_at_last, *finished)) == AskModel()


def test_calls_before_which_workers_die_again_and_again_are_given_up() -> None:
    died: Body = Resumed()
    intended = (call("a"), call("b", Effect.WRITE), step("tool_calls"))
    assert isinstance(decide(run_of(*intended, *[died] * (MOST - 1), autonomy="full")), CallTools)
    action = decide(run_of(*intended, *[died] * MOST, autonomy="full"))
    assert isinstance(action, SettleCalls)
    told = [(lost.id, state, problem.code) for lost, state, problem in action.calls]
    assert told == [
        ("a", CallState.REFUSED, "WORKER_LOST"),
        ("b", CallState.REFUSED, "WORKER_LOST"),
    ]
    begun = (*intended, ToolStarted("a"), ToolStarted("b"), Released(), *[died] * (MOST + 1))
    action = decide(run_of(*begun, autonomy="full"))
    assert isinstance(action, SettleCalls)
    assert [state for _, state, _ in action.calls] == [CallState.FAILED, CallState.UNKNOWN]
    stopped: list[Body] = [Released(), died]
    assert isinstance(decide(run_of(*intended, *stopped * MOST, autonomy="full")), CallTools)
    finished = ToolFinished("a", "look", 1, 1.0)
    came = (*intended, *[died] * (MOST - 1), ToolStarted("a"), finished, *[died] * (MOST - 1))
    assert isinstance(decide(run_of(*came, autonomy="full")), CallTools)
    waiting = (call("b", Effect.WRITE), step("tool_calls"), asked("b"), *[died] * MOST)
    assert decide(run_of(*waiting)) == Wait()


def test_a_call_that_is_to_be_tried_again_may_have_acted_before() -> None:
    started = (call("a", Effect.WRITE), step("tool_calls"), ToolStarted("a"))
    again = run_of(*started, asked("a", "outcome"), answered("a", "try_again", q=1))
    assert again.calls["a"].may_have_acted
    action = decide(again, CANCEL)
    assert isinstance(action, SettleCalls)
    assert action.calls[0][1] is CallState.UNKNOWN


@pytest.mark.parametrize(
    ("effect", "state"),
    [(Effect.READ, CallState.FAILED), (Effect.WRITE, CallState.UNKNOWN)],
)
def test_a_halt_says_of_a_started_call_that_nobody_knows(effect: Effect, state: CallState) -> None:
    run = run_of(call("a", effect), step("tool_calls"), ToolStarted("a"), autonomy="full")
    action = decide(run, CANCEL)
    assert isinstance(action, SettleCalls)
    assert action.calls[0][1] is state


def test_a_halt_begins_nothing_and_ends_once_all_is_settled() -> None:
    assert decide(run_of(), CANCEL) == CANCEL
    pending = decide(run_of(call("a"), step("tool_calls")), CANCEL)
    assert isinstance(pending, SettleCalls)
    assert pending.calls[0][1] is CallState.REFUSED

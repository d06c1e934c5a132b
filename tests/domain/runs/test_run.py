"""A run is the fold of its events."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversations.calls import CallOutcome, Problem
from domain.models.messages import ModelChoice, StopReason, Usage
from domain.runs.call_events import ToolErred, ToolFinished, ToolProgressed, ToolStarted
from domain.runs.event_json import from_json, to_json
from domain.runs.events import (
    KINDS,
    Answered,
    Body,
    Chunk,
    Ended,
    Erred,
    Event,
    Released,
    Resumed,
    Retried,
    StepEnded,
    Thinking,
)
from domain.runs.folding import advance, fold
from domain.runs.states import CallState, RunStatus
from domain.tools.tool import Effect
from tests.domain.builders import RUN, call, numbered, run_of, said, started, step


def test_the_text_is_the_chunks_of_all_steps_joined() -> None:
    run = run_of(*said("Let me ", "look."), call(), step("tool_calls"), *said("\n\n", "It is 4."))
    assert run.text == "Let me look.\n\nIt is 4."
    assert [s.text for s in run.steps] == ["Let me look."]


def test_a_step_keeps_its_calls_and_its_tokens_add_up() -> None:
    run = run_of(call("a"), call("b"), step("tool_calls"), *said("done"), step())
    assert [s.call_ids for s in run.steps] == [("a", "b"), ()]
    assert run.usage == Usage(10, 14, 0)
    assert run.stop is StopReason.END


def test_progress_changes_nothing_and_can_be_lost() -> None:
    started_call: list[Body] = [call("a"), step("tool_calls"), ToolStarted("a")]
    before = run_of(*started_call)
    after = run_of(*started_call, ToolProgressed("a", "look", "Half of it", 0.5))
    assert after == replace(before, number=before.number + 1)


def test_the_journal_of_a_call() -> None:
    intended = run_of(call("a"), call("b", Effect.WRITE), step("tool_calls"))
    assert [c.state for c in intended.unsettled] == [CallState.INTENDED, CallState.INTENDED]
    later = advance(
        intended,
        numbered(
            [
                ToolStarted("a"),
                ToolStarted("b"),
                ToolFinished("b", "look", {"ok": True}, 1.5),
                ToolErred("a", "look", CallState.FAILED, "TOOL_FAILED", "no", {}),
            ],
            first=intended.number + 1,
        ),
    )
    assert later.unsettled == []
    assert later.results() == [
        CallOutcome("a", "look", problem=Problem("TOOL_FAILED", "no")),
        CallOutcome("b", "look", {"ok": True}),
    ]
    assert [c.id for c in later.calls.values() if c.may_have_acted] == ["b"]


def test_calls_of_a_step_that_never_ended_are_nobodys_business() -> None:
    assert run_of(call("a")).unsettled == []


def test_a_retry_withdraws_the_open_step_only() -> None:
    run = run_of(*said("kept"), step("tool_calls"), *said("lost"), Retried(1, 3), *said("new"))
    assert run.text == "keptnew"


def test_the_end() -> None:
    run = run_of(*said("hi"), step(), Answered("m", "hi"), Ended(RunStatus.COMPLETED, "end", 5, 7))
    assert run.status is RunStatus.COMPLETED
    assert run.status.is_final


def test_an_error_is_remembered() -> None:
    run = run_of(Erred("UPSTREAM_ERROR", "no key", {"reason": "authentication"}))
    assert run.problem is not None
    assert run.problem.to_json()["details"] == {"reason": "authentication"}


def test_the_models_to_ask_begin_with_the_one_that_answered_last() -> None:
    b = ModelChoice("b", "1")
    others = [{"provider": "b", "model": "1"}, {"provider": "scripted", "model": "m"}]
    answered = StepEnded(StopReason.TOOL_CALLS, 1, 1, 0, provider="b", model="1")
    assert run_of(fallbacks=others).choices == (ModelChoice("scripted", "m"), b)
    assert run_of(answered, fallbacks=others).choices == (b, ModelChoice("scripted", "m"))
    assert run_of(step(), fallbacks=others).choices == (ModelChoice("scripted", "m"), b)


@pytest.mark.parametrize(
    ("steps", "cost"),
    [
        ([], None),
        ([(0, None)], None),  # no model was asked
        ([(5, 0.25), (5, 0.5)], 0.75),
        ([(5, 0.25), (0, None)], 0.25),
        ([(5, 0.25), (5, None)], None),
        ([(5, 0.0)], 0.0),
    ],
)
def test_a_cost_is_known_where_that_of_each_answer_is(
    steps: list[tuple[int, float | None]], cost: float | None
) -> None:
    run = run_of(*[StepEnded(StopReason.END, tokens, 0, 0, cost_usd=usd) for tokens, usd in steps])
    assert run.cost_usd == cost


def test_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="event 3 follows 1"):
        fold(RUN, [Event(1, 1, started()), Event(3, 1, Chunk("x"))])


def test_a_run_begins_with_its_start() -> None:
    with pytest.raises(ValueError, match="does not begin"):
        fold(RUN, [Event(1, 1, Chunk("x"))])
    with pytest.raises(ValueError, match="does not begin"):
        fold(RUN, [])


TEXT = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    Any: JSON,
    Mapping: OBJECT,
    str: TEXT,
    float: st.floats(0, 1e6),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Return what a field of this type may hold."""
    for known in (hint, get_origin(hint)):
        if known in PLAIN:
            return PLAIN[known]
    if isinstance(hint, UnionType):
        return st.one_of(*map(values, get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=2).map(tuple)
    return st.from_type(hint)


def bodies(kind: type[Body]) -> st.SearchStrategy[Body]:
    """Return any events of that kind."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{each.name: values(hints[each.name]) for each in fields(kind)})


@given(st.one_of(*map(bodies, KINDS.values())))
def test_what_is_written_is_read_back(body: Body) -> None:
    assert from_json(json.loads(json.dumps(to_json(body)))) == body


@given(st.data())
def test_folding_in_parts_gives_the_same_run(data: st.DataObject) -> None:
    pieces = st.builds(Chunk, TEXT) | st.builds(Thinking, TEXT)
    steps = st.builds(
        StepEnded, st.just(StopReason.END), st.integers(0, 9), st.integers(0, 9), st.just(0)
    )
    breaks: st.SearchStrategy[Body] = st.just(Retried(1, 1)) | st.sampled_from(
        [Released(), Resumed()]
    )
    bodies = data.draw(st.lists(pieces | steps | breaks, max_size=20))
    events = numbered([started(), *bodies])
    cut = data.draw(st.integers(1, len(events)))
    assert advance(fold(RUN, events[:cut]), events[cut:]) == fold(RUN, events)

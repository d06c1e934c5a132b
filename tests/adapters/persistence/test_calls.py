"""The calls of an answer, as they are kept."""

import json
from typing import Any

import pytest

from adapters.persistence.calls import (
    UNREADABLE,
    read_calls,
    read_outcomes,
    read_run_outcome,
    write_calls,
    write_outcomes,
)
from domain.conversations.calls import CallOutcome, CallRequest, Problem

CALL = CallRequest("a", "look", {"q": 2**70})
OUTCOMES = [
    CallOutcome("a", "look", None),
    CallOutcome("b", "look", {"n": ["\0"]}),
    CallOutcome("c", "look", problem=Problem("TOOL_FAILED", "no", {"why": "\ud800"})),
]
NONE_OF_THEM: list[Any] = [None, 7, "a", [], {}, {"id": "a"}, {"id": "a", "tool": "look"}]


def test_they_come_back_as_they_were() -> None:
    assert list(read_calls(write_calls([CALL]))) == [CALL]
    assert list(read_outcomes(write_outcomes(OUTCOMES))) == OUTCOMES


@pytest.mark.parametrize("value", NONE_OF_THEM)
def test_one_that_cannot_be_read_hides_no_other(value: Any) -> None:
    calls = json.loads(write_calls([CALL]))
    lost, kept = read_calls(json.dumps([value, *calls]))
    assert (lost.params, kept) == (UNREADABLE, CALL)
    outcomes = json.loads(write_outcomes(OUTCOMES[:1]))
    gone, there = read_outcomes(json.dumps([value, *outcomes]))
    assert gone.problem is not None
    assert there == OUTCOMES[0]


@pytest.mark.parametrize("text", ["", "{", "7", "{}", "9:[]"])
def test_what_is_no_list_is_one_that_cannot_be_read(text: str) -> None:
    (lost,) = read_calls(text)
    assert lost.params == UNREADABLE
    (gone,) = read_outcomes(text)
    assert gone.problem is not None
    assert read_run_outcome(text) is None


def test_an_error_of_an_older_version_may_lack_details() -> None:
    (kept,) = read_outcomes('[{"id":"a","tool":"look","error":{"code":"X","message":"no"}}]')
    assert kept.problem == Problem("X", "no")

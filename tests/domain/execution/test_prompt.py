"""What a model is told."""

from typing import Any

from domain.conversations.calls import CallOutcome, CallRequest
from domain.conversations.conversation import Message, MessageRole
from domain.execution.prompt import of_messages, of_run
from domain.models.messages import (
    AssistantTurn,
    ModelChoice,
    StopReason,
    ToolTurn,
    ToolUse,
    UserTurn,
)
from domain.runs.call_events import ToolErred, ToolFinished, ToolStarted
from domain.runs.events import StepEnded
from domain.runs.states import CallState
from domain.tools.result_pages import PAGE_LENGTH, ResultPage
from tests.domain.builders import NOW, call, run_of, said, step


def message(role: MessageRole, content: str, **more: Any) -> Message:
    return Message("m", "c", role, content, NOW, **more)


def test_messages_become_turns_with_their_calls_and_results() -> None:
    calls = [CallRequest("a", "look", {"q": 1}), CallRequest("b", "l", {})]
    results = [CallOutcome("a", "look", {"n": "ñ"})]
    turns = of_messages(
        [
            message(MessageRole.USER, "hi"),
            message(MessageRole.ASSISTANT, "done", tool_calls=calls, results=results),
        ]
    )
    assert turns[0] == UserTurn("hi")
    assert turns[1] == AssistantTurn("", (ToolUse("a", "look", {"q": 1}), ToolUse("b", "l", {})))
    assert turns[2] == ToolTurn("a", "look", '{"n": "ñ"}')
    lost = turns[3]
    assert isinstance(lost, ToolTurn)
    assert (lost.call_id, lost.is_error) == ("b", True)
    assert turns[4] == AssistantTurn("done")


def test_the_steps_of_a_run_become_turns() -> None:
    run = run_of(
        *said("Let me see."),
        call("a"),
        call("b"),
        step("tool_calls"),
        ToolStarted("a"),
        ToolFinished("a", "look", [1], 1.0),
        ToolErred("b", "look", CallState.REFUSED, "CONSENT_REQUIRED", "no", {}),
        *said("\n\n", "open"),
    )
    turns = of_run(run, ModelChoice("fake", "m"))
    assert turns[0] == AssistantTurn(
        "Let me see.", (ToolUse("a", "look", {"q": 1}), ToolUse("b", "look", {"q": 1}))
    )
    assert turns[1] == ToolTurn("a", "look", "[1]")
    refused = turns[2]
    assert isinstance(refused, ToolTurn)
    assert refused.is_error
    assert "CONSENT_REQUIRED" in refused.content
    assert len(turns) == 3  # what is still being said is not repeated to the model


def told_of(result: Any) -> str:
    run = run_of(
        call("a"), step("tool_calls"), ToolStarted("a"), ToolFinished("a", "look", result, 1.0)
    )
    turn = of_run(run, ModelChoice("fake", "m"))[1]
    assert isinstance(turn, ToolTurn)
    return turn.content


def test_of_a_long_result_the_model_sees_the_first_page_and_how_to_read_on() -> None:
    assert told_of("x" * (PAGE_LENGTH - 2)) == '"' + "x" * (PAGE_LENGTH - 2) + '"'

    text, _, note = told_of("x" * (PAGE_LENGTH * 2)).rpartition("\n")
    assert text == '"' + "x" * (PAGE_LENGTH - 1)
    assert note == (
        '[Page 1 of 3 of this result. To read on, call read_result with call_id "a" and page 2.]'
    )


def test_a_page_is_shown_as_it_is() -> None:
    page = ResultPage("b", 3, 3, 'the "end')
    assert told_of(page.to_json()) == 'the "end\n[Page 3 of 3 of this result, the last.]'
    assert told_of(page.to_json() | {"page": "3"}).startswith("{")


def test_a_memento_goes_back_to_the_model_that_made_it_only() -> None:
    run = run_of(
        *said("\n\nHm. "),
        StepEnded(StopReason.TOOL_CALLS, 1, 1, 0, provider="a", model="1", memento="signed"),
    )
    assert of_run(run, ModelChoice("a", "1")) == [AssistantTurn("Hm. ", (), "signed")]
    for other in (ModelChoice("a", "2"), ModelChoice("b", "1")):
        assert of_run(run, other) == [AssistantTurn("Hm.", ())]

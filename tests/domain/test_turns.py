"""What a model is told."""

from typing import Any

from domain.conversations import Message, MessageRole
from domain.events import StepEnded, ToolErred, ToolFinished, ToolStarted
from domain.llm import AssistantTurn, ToolTurn, ToolUse, UserTurn
from domain.turns import RESULT_LENGTH, of_messages, of_run
from tests.domain.builders import NOW, call, run_of, said, step


def message(role: MessageRole, content: str, **more: Any) -> Message:
    return Message("m", "c", role, content, NOW, **more)


def test_messages_become_turns_with_their_calls_and_results() -> None:
    calls = [
        {"id": "a", "tool": "look", "params": {"q": 1}},
        {"id": "b", "tool": "l", "params": {}},
    ]
    results = [{"id": "a", "tool": "look", "result": {"n": "ñ"}}]
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
        ToolErred("b", "look", "refused", "CONSENT_REQUIRED", "no", {}),
        *said("\n\n", "open"),
    )
    turns = of_run(run, "fake")
    assert turns[0] == AssistantTurn(
        "Let me see.", (ToolUse("a", "look", {"q": 1}), ToolUse("b", "look", {"q": 1}))
    )
    assert turns[1] == ToolTurn("a", "look", "[1]")
    refused = turns[2]
    assert isinstance(refused, ToolTurn)
    assert refused.is_error
    assert "CONSENT_REQUIRED" in refused.content
    assert len(turns) == 3  # what is still being said is not repeated to the model


def test_a_long_result_is_cut_for_the_model_and_says_so() -> None:
    run = run_of(
        call("a"),
        step("tool_calls"),
        ToolStarted("a"),
        ToolFinished("a", "look", "x" * (RESULT_LENGTH * 2), 1.0),
    )
    told = of_run(run, "fake")[1]
    assert isinstance(told, ToolTurn)
    assert len(told.content) < RESULT_LENGTH + 100
    assert f"[cut here: {RESULT_LENGTH + 2} characters" in told.content


def test_a_memento_goes_back_to_the_provider_that_made_it_only() -> None:
    run = run_of(
        *said("Hm."),
        StepEnded("tool_calls", 1, 1, 0, provider="a", model="1", memento="signed"),
    )
    assert of_run(run, "a") == [AssistantTurn("Hm.", (), "signed")]
    assert of_run(run, "b") == [AssistantTurn("Hm.", ())]

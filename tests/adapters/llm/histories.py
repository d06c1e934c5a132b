"""Conversations as they come from other providers, failed runs and users in a hurry."""

from domain.models.messages import AssistantTurn, ToolTurn, ToolUse, Turn, UserTurn

HISTORIES: dict[str, list[Turn]] = {
    "begun by the assistant": [AssistantTurn("Welcome."), UserTurn("Hello.")],
    "several users in a row": [UserTurn("Hello."), UserTurn("Are you there?"), UserTurn("Well?")],
    "nothing said": [UserTurn("Hello."), AssistantTurn(""), UserTurn("Say something.")],
    "several assistants in a row": [
        UserTurn("Hello."),
        AssistantTurn("Let me"),
        AssistantTurn("see."),
        UserTurn("Go on."),
    ],
    "a failed call": [
        UserTurn("¿Cuánto es?"),
        AssistantTurn("", [ToolUse("c1", "add", {"a": 2**70, "b": 1})]),
        ToolTurn("c1", "add", "too big", is_error=True),
        AssistantTurn("Sorry."),
        UserTurn("Again."),
    ],
    "another's calls, in parallel": [
        UserTurn("Both, please."),
        AssistantTurn(
            "Gladly.",
            [ToolUse("toolu_01/A", "add", {"a": 1, "b": 1}), ToolUse("toolu_02/B", "gone", {})],
            memento='{"of": "somebody else"}',
        ),
        ToolTurn("toolu_01/A", "add", '{"result": 2}'),
        ToolTurn("toolu_02/B", "gone", ""),
        AssistantTurn("Done.", memento="\x00 unreadable {"),
        UserTurn("Thanks."),
    ],
    "ended by the results": [
        UserTurn("Add."),
        AssistantTurn("", [ToolUse("c1", "add", {"a": 1, "b": 1})]),
        ToolTurn("c1", "add", "4217"),
    ],
}

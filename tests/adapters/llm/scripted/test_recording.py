"""What a recording makes of the events of a run."""

from typing import Any

import pytest

from adapters.llm.scripted.cassette import load
from adapters.llm.scripted.recording import recorded
from domain.models.messages import StopReason
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended
from domain.runs.events import (
    Answered,
    Body,
    Chunk,
    Ended,
    Erred,
    Event,
    Retried,
    StepEnded,
    Thinking,
)
from domain.runs.states import CallState, RunStatus
from domain.tools.tool import Effect

CALL = ToolIntended("c1", "look", {"at": 5}, Effect.READ, "v1")
NESTED = ToolIntended("c2", "peek", {}, Effect.READ, "v1", parent="c1")
DONE = ToolFinished("c1", "look", "nothing", 1.0)
ASKS = StepEnded(StopReason.TOOL_CALLS, 10, 5, 2)
ENDS = StepEnded(StopReason.END, 20, 6, 0)
USAGE = {"input_tokens": 10, "output_tokens": 5, "cached_tokens": 2}
LAST = {"input_tokens": 20, "output_tokens": 6, "cached_tokens": 0}
PROVIDER = Erred(
    "UPSTREAM_ERROR", "Slow down.", {"provider": "openai", "reason": "rate_limited", "status": 429}
)
LOOK = {"tool": "look", "arguments": {"at": 5}}
LOOKED = {**LOOK, "result": "nothing"}


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        pytest.param(
            [
                *(Thinking("Hm"), Thinking("."), Chunk("I lo"), Chunk("ok."), CALL, ASKS, DONE),
                *(Chunk("\n\nNoth"), Chunk("ing."), ENDS, Answered("m1", "I look.\n\nNothing.")),
                Ended(RunStatus.COMPLETED, "end", 30, 11),
            ],
            [
                {
                    "pieces": [{"reasoning": "Hm."}, {"text": "I look."}, LOOKED],
                    "stop": "tool_calls",
                    "usage": USAGE,
                },
                {"pieces": [{"text": "Nothing."}], "stop": "end", "usage": LAST},
            ],
            id="the gap between two texts is the runner's",
        ),
        pytest.param(
            [CALL, ASKS, DONE, Chunk("\n\nNothing."), ENDS],
            [
                {"pieces": [LOOKED], "stop": "tool_calls", "usage": USAGE},
                {"pieces": [{"text": "\n\nNothing."}], "stop": "end", "usage": LAST},
            ],
            id="a gap after no text is the model's",
        ),
        pytest.param(
            [Chunk("I beg"), CALL, Retried(1, 1), Chunk("Again."), ENDS],
            [{"pieces": [{"text": "Again."}], "stop": "end", "usage": LAST}],
            id="what was withdrawn is not there",
        ),
        pytest.param(
            [
                CALL,
                ASKS,
                ToolErred("c1", "look", CallState.FAILED, "TOOL_FAILED", "No.", {}),
                PROVIDER,
            ],
            [
                {
                    "pieces": [
                        {
                            **LOOK,
                            "error": {"code": "TOOL_FAILED", "message": "No.", "details": {}},
                        }
                    ],
                    "stop": "tool_calls",
                    "usage": USAGE,
                },
                {
                    "pieces": [
                        {
                            "error": {
                                "reason": "rate_limited",
                                "status": 429,
                                "message": "Slow down.",
                            }
                        }
                    ]
                },
            ],
            id="a provider fails again",
        ),
        pytest.param(
            [
                *(CALL, ASKS, NESTED, ToolFinished("c2", "peek", "half", 1.0), DONE),
                *(Chunk("Nothing."), ENDS),
            ],
            [
                {"pieces": [LOOKED], "stop": "tool_calls", "usage": USAGE},
                {"pieces": [{"text": "Nothing."}], "stop": "end", "usage": LAST},
            ],
            id="what a tool calls is no call of the model",
        ),
        pytest.param(
            [CALL, ASKS, ToolErred("c1", "look", CallState.REFUSED, "POLICY_DENIED", "No.", {})],
            [{"pieces": [LOOK], "stop": "tool_calls", "usage": USAGE}],
            id="what was refused has no result",
        ),
        pytest.param(
            [CALL, ASKS, Erred("STEP_LIMIT", "Too many.", {})],
            [{"pieces": [LOOK], "stop": "tool_calls", "usage": USAGE}],
            id="what the house says it will say again",
        ),
        pytest.param(
            [Chunk("I am"), Ended(RunStatus.CANCELLED, "end", 0, 0)],
            [{"pieces": [{"text": "I am"}], "stop": "end"}],
            id="cancelled in the middle",
        ),
    ],
)
def test_recorded(bodies: list[Body], expected: list[dict[str, Any]]) -> None:
    answers = recorded(Event(number, 1, body) for number, body in enumerate(bodies, 2))
    assert answers == expected
    assert len(load(answers)) == len(expected)

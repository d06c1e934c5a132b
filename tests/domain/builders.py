"""Events and runs, made short."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from domain.accounts.users import Role, User
from domain.models.messages import StopReason
from domain.policy.policy import Autonomy
from domain.runs.call_events import ToolIntended
from domain.runs.events import Body, Chunk, Event, RunStarted, StepEnded
from domain.runs.folding import fold
from domain.runs.run import Run
from domain.tools.tool import Effect

RUN = "01900000-0000-7000-8000-0000000000aa"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANN = User("01900000-0000-7000-8000-00000000000a", "ann@x.org", "ann", "Ann", Role.USER, NOW)


def started(**changes: Any) -> RunStarted:
    values: dict[str, Any] = {
        "user_id": ANN.id,
        "conversation_id": "01900000-0000-7000-8000-00000000000c",
        "question_id": "01900000-0000-7000-8000-00000000000e",
        "message_id": "01900000-0000-7000-8000-00000000000f",
        "provider": "scripted",
        "model": "m",
        "autonomy": "semi",
        "max_steps": 3,
    }
    values |= changes
    return RunStarted(**values | {"autonomy": Autonomy(values["autonomy"])})


def numbered(bodies: Sequence[Body], first: int = 1, attempt: int = 1) -> list[Event]:
    return [Event(first + place, attempt, body) for place, body in enumerate(bodies)]


def run_of(*bodies: Body, **changes: Any) -> Run:
    return fold(RUN, numbered([started(**changes), *bodies]))


def call(call_id: str = "c1", effect: Effect = Effect.READ, tool: str = "look") -> ToolIntended:
    return ToolIntended(call_id, tool, {"q": 1}, effect, "v1")


def step(stop: str = "end") -> StepEnded:
    return StepEnded(StopReason(stop), 5, 7, 0)


def said(*pieces: str) -> list[Body]:
    return [Chunk(piece) for piece in pieces]

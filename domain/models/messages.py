"""What is said to a model, and the pieces in which it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.tools.tool import ToolSpec

# --- what is said to a model


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model by its provider and the provider's own name of it."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What the user said."""

    content: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call that the model asked for earlier. ``arguments`` is a JSON object."""

    id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AssistantTurn:
    """What the model said earlier, and the calls that it asked for in that answer.

    ``memento`` is that of the `Stop` with which the same provider ended that answer.
    """

    content: str
    tool_uses: Sequence[ToolUse] = ()
    memento: str = ""


@dataclass(frozen=True, slots=True)
class ToolTurn:
    """What came of one call: the result as JSON text, or the error."""

    call_id: str
    tool: str
    content: str
    is_error: bool = False


Turn = UserTurn | AssistantTurn | ToolTurn


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model.

    Every `AssistantTurn` with tool uses is followed by one `ToolTurn` for each of them.
    ``model`` is the provider's own name of it. ``max_output_tokens`` None means the provider's
    default.
    """

    model: str
    turns: Sequence[Turn]
    system: str = ""
    tools: Sequence[ToolSpec] = ()
    temperature: float | None = None
    max_output_tokens: int | None = None


# --- the pieces in which it answers


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer."""

    content: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of the model's own reasoning, where it gives one."""

    content: str


@dataclass(frozen=True, slots=True)
class TextWasReasoning:
    """All the text of this answer so far was the model's reasoning, and is none of the answer.

    Some servers leave the mark that ends the reasoning in the text, but not the one that begins
    it: what came before can only be told for what it is when it has been said.
    """


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """One whole call that the model asks for; ``arguments`` is JSON text, not yet checked."""

    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one model answer. ``cached_tokens`` are those of the input read from a cache."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
        )


class StopReason(StrEnum):
    """Why the model stopped."""

    END = "end"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Stop:
    """The answer is whole. Always the last piece: a stream without it was cut.

    ``memento`` is what the provider wants to be given back with this answer when it goes on,
    such as its signed reasoning: text that nobody else reads.
    """

    reason: StopReason = StopReason.END
    usage: Usage = field(default_factory=Usage)
    memento: str = ""


Piece = Text | Reasoning | TextWasReasoning | ToolRequest | Stop

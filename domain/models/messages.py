"""The records of a request to a model, and the pieces of its streamed answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.conversations.sampling import DEFAULTS, Sampling
from domain.tools.tool import ToolSpec

# --- requests


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model by its provider and the provider's own name of it."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class UserTurn:
    """A message of the user."""

    content: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call that the model requested earlier. ``arguments`` is a JSON object."""

    id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AssistantTurn:
    """An earlier answer of the model: its text, and the tool calls it requested.

    ``memento`` is that of the `Stop` with which the same provider ended that answer.
    """

    content: str
    tool_uses: Sequence[ToolUse] = ()
    memento: str = ""


@dataclass(frozen=True, slots=True)
class ToolTurn:
    """The outcome of one tool call: the result as JSON text, or the error."""

    call_id: str
    tool: str
    content: str
    is_error: bool = False


Turn = UserTurn | AssistantTurn | ToolTurn


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request to a model.

    Every `AssistantTurn` with tool uses is followed by one `ToolTurn` for each of them.
    ``model`` is the provider's own name of it.
    """

    model: str
    turns: Sequence[Turn]
    system: str = ""
    tools: Sequence[ToolSpec] = ()
    sampling: Sampling = DEFAULTS


# --- the pieces of an answer


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer's text."""

    content: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of the model's reasoning, where the provider streams it."""

    content: str


@dataclass(frozen=True, slots=True)
class TextWasReasoning:
    """All the text of this answer so far was reasoning, and is no part of the answer.

    Some servers put only the closing mark of the reasoning into the text: what it was is known only
    after it was streamed.
    """


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A whole tool call that the model requests; ``arguments`` is JSON text, not yet parsed."""

    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of an answer. ``cached_tokens`` are the input tokens read from a cache."""

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
    """The end of a whole answer, always the last piece: a stream without it was cut off.

    ``memento`` is opaque text of the provider, such as its signed reasoning, to be sent back with
    this answer in later requests. ``taken`` names the parameters of the request's `Sampling` that
    this answer honours: for each of the others the user is given a warning.
    """

    reason: StopReason = StopReason.END
    usage: Usage = field(default_factory=Usage)
    memento: str = ""
    taken: frozenset[str] = frozenset()


Piece = Text | Reasoning | TextWasReasoning | ToolRequest | Stop

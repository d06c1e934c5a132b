"""Everything a plugin needs to add a model provider.

Implement `ChatModel` (it need not be inherited) and register its factory with
`Registry.add_chat_model`::

    class Parrot:
        provider = "parrot"

        async def stream(self, request: ModelRequest):
            yield Text(request.turns[-1].content)
            yield Stop()

        async def close(self):
            \"\"\"Release connections.\"\"\"

Request: `ModelRequest` with its turns (`UserTurn`, `AssistantTurn` with `ToolUse`, `ToolTurn`) and
its `Sampling`; ``taken`` of the `Stop` names the parameters that the answer honours.
Answer, each a `Piece`: `Text`, `Reasoning`, `TextWasReasoning`, `ToolRequest`, and last a `Stop`
with `StopReason` and `Usage`. The ``arguments`` of a `ToolRequest` are JSON text. Failure: raise
`ProviderError` with a `ProviderReason`, or `ProviderTimeout`; the reason decides whether the
request is retried.
"""

from domain.conversations.sampling import Sampling
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    TextWasReasoning,
    ToolRequest,
    ToolTurn,
    ToolUse,
    Turn,
    Usage,
    UserTurn,
)
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderError, ProviderReason, ProviderTimeout

__all__ = [
    "AssistantTurn",
    "ChatModel",
    "ModelRequest",
    "Piece",
    "ProviderError",
    "ProviderReason",
    "ProviderTimeout",
    "Reasoning",
    "Sampling",
    "Stop",
    "StopReason",
    "Text",
    "TextWasReasoning",
    "ToolRequest",
    "ToolTurn",
    "ToolUse",
    "Turn",
    "Usage",
    "UserTurn",
]

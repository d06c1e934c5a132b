"""What a plugin's provider of models is written with: `ChatModel`, and what it is given and says.

``puerto_register_chat_models`` registers what makes one. It need not inherit from anything.
"""

from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
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
    "Stop",
    "StopReason",
    "Text",
    "ToolRequest",
    "ToolTurn",
    "ToolUse",
    "Turn",
    "Usage",
    "UserTurn",
]

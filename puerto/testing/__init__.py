"""What authors test their plugins and adapters with.

The pytest plugin (`puerto.pytest_plugin`) gives most of it as fixtures; `ChatModelContract` is
for those who bring a model.
"""

from puerto.testing.chat_models import Ability, ChatModelContract
from puerto.testing.chat_turn import ChatTurn
from puerto.testing.clock import FakeClock
from puerto.testing.context import context_for_tests
from puerto.testing.scripted import ScriptedModel
from puerto.testing.service import PuertoService, running_service

__all__ = [
    "Ability",
    "ChatModelContract",
    "ChatTurn",
    "FakeClock",
    "PuertoService",
    "ScriptedModel",
    "context_for_tests",
    "running_service",
]

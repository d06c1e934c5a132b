"""Helpers for testing plugins and model providers.

Most are also fixtures of `puerto.pytest_plugin`::

    running_service, PuertoService   a whole service on a local port; the fixture puerto_service
    ChatTurn                         what came of one message
    ScriptedModel                    a model that plays given answers; the fixture scripted_model
    FakeClock                        a clock that moves when told; the fixture fake_clock
    HttpDouble                       answers plugins' HTTP requests; the fixture puerto_http
    context_for_tests                a ToolContext; the fixture tool_context
    ChatModelContract, Ability       tests that every model provider must pass
"""

from entrypoints.chat_turn import ChatTurn
from puerto.testing.chat_models import Ability, ChatModelContract
from puerto.testing.clock import FakeClock
from puerto.testing.context import context_for_tests
from puerto.testing.http import HttpDouble
from puerto.testing.scripted import ScriptedModel
from puerto.testing.service import PuertoService, running_service

__all__ = [
    "Ability",
    "ChatModelContract",
    "ChatTurn",
    "FakeClock",
    "HttpDouble",
    "PuertoService",
    "ScriptedModel",
    "context_for_tests",
    "running_service",
]

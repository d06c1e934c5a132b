"""The contract of `ChatModel`, held by the provider that plays a cassette."""

import pytest

from adapters.llm.scripted.model import ScriptedChat
from domain.models.messages import AssistantTurn, ModelRequest, Turn, UserTurn
from domain.models.ports import ChatModel
from domain.tools.tool import ToolSpec
from puerto.testing import ChatModelContract


class TestScriptedChat(ChatModelContract):
    """One cassette, entered at different places by conversations of different lengths."""

    @pytest.fixture
    def model(self) -> ChatModel:
        call = {"tool": "add", "arguments": {"a": 4200, "b": 17}}
        return ScriptedChat(
            [
                {"pieces": [call], "usage": {"input_tokens": 5}},
                {"pieces": [{"text": "The sum "}, {"delay": 0}, {"text": "is 4217."}]},
                {"pieces": [{"reasoning": "Hm."}, call, call]},
                {"pieces": [{"reasoning": "Hm."}, {"text": "You are welcome."}]},
                {"pieces": [{"text": "I"}, {"error": {"reason": "overloaded"}}]},
            ]
        )

    def _after(self, answers: int, *tools: ToolSpec) -> ModelRequest:
        turns: list[Turn] = [UserTurn("Hello."), AssistantTurn("Hi.")] * answers
        return ModelRequest("demo", [*turns, UserTurn("And now?")], tools=tools)

    @pytest.fixture
    def text_request(self) -> ModelRequest:
        return self._after(1)

    @pytest.fixture
    def tool_request(self, add: ToolSpec) -> ModelRequest:
        return self._after(0, add)

    @pytest.fixture
    def parallel_request(self, add: ToolSpec) -> ModelRequest:
        return self._after(2, add)

    @pytest.fixture
    def reasoning_request(self) -> ModelRequest:
        return self._after(3)

    @pytest.fixture
    def failing_request(self) -> ModelRequest:
        return self._after(4)

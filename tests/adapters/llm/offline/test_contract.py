"""The contract of `ChatModel`, held by the model that needs no network."""

import pytest

from adapters.llm.offline.model import OfflineChat
from domain.models.messages import ModelRequest, UserTurn
from domain.models.ports import ChatModel
from domain.tools.tool import ToolSpec
from puerto.testing import Ability, ChatModelContract


class TestOfflineChat(ChatModelContract):
    """It has nobody who could fail it."""

    lacks = frozenset({Ability.FAILURE})

    @pytest.fixture
    def model(self) -> ChatModel:
        return OfflineChat()

    @pytest.fixture
    def text_request(self) -> ModelRequest:
        return ModelRequest("offline", [UserTurn("Good morning.")])

    @pytest.fixture
    def tool_request(self, add: ToolSpec) -> ModelRequest:
        return ModelRequest("offline", [UserTurn("Please add 4200 and 17.")], tools=[add])

    @pytest.fixture
    def parallel_request(self, add: ToolSpec) -> ModelRequest:
        said = "Add 1 and 2, and then add 3 and 4."
        return ModelRequest("offline", [UserTurn(said)], tools=[add])

    @pytest.fixture
    def reasoning_request(self, tool_request: ModelRequest) -> ModelRequest:
        return tool_request

"""Models that answer as a test says."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

from typing_extensions import override

from domain.models.messages import ModelRequest, Piece
from domain.models.ports import ChatModel, ChatModels
from domain.shared.errors import Unavailable

Answer = Sequence[Piece | Exception | asyncio.Event]


class FakeModel:
    """Plays answers one after the other: yields pieces, raises errors, waits for events."""

    def __init__(self, *answers: Answer, provider: str = "fake") -> None:
        self.provider = provider
        self.answers = list(answers)
        self.requests: list[ModelRequest] = []
        self.closed_early = 0

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        self.requests.append(request)
        whole = False
        try:
            for item in self.answers.pop(0):
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, asyncio.Event):
                    await item.wait()
                else:
                    yield item
            whole = True
        finally:
            self.closed_early += not whole

    async def close(self) -> None:
        """Nothing is open."""


class FakeModels(ChatModels):
    """Fake providers, and ``absent``, which is not configured."""

    def __init__(self, *models: FakeModel) -> None:
        self._models = {model.provider: model for model in models}

    @override
    def get(self, provider: str) -> ChatModel:
        if provider not in self._models:
            raise Unavailable(f"The provider {provider} is not configured: set FAKE_KEY.")
        return self._models[provider]

    @override
    def default_model(self, provider: str) -> str:
        return f"{provider}-1"

    @override
    def states(self) -> Mapping[str, str]:
        return {**dict.fromkeys(self._models, "ready"), "absent": "not configured"}

    @override
    def names(self) -> Sequence[str]:
        return (*self._models, "absent")

    @override
    async def close(self) -> None:
        pass

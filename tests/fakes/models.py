"""Models that answer as a test says."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

from domain.errors import Unavailable
from domain.llm import ModelRequest, Piece
from domain.ports.chat_model import ChatModel

Answer = Sequence[Piece | Exception | asyncio.Event]


class FakeModel:
    """Plays answers one after the other: yields pieces, raises errors, waits for events."""

    provider = "fake"

    def __init__(self, *answers: Answer) -> None:
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


class FakeModels:
    """The fake provider, and one that is not configured."""

    def __init__(self, model: FakeModel) -> None:
        self._model = model

    def get(self, provider: str) -> ChatModel:
        if provider != "fake":
            raise Unavailable(f"The provider {provider} is not configured: set FAKE_KEY.")
        return self._model

    def default_model(self, provider: str) -> str:
        return f"{provider}-1"

    def states(self) -> Mapping[str, str]:
        return {"fake": "ready", "absent": "not configured"}

    def names(self) -> Sequence[str]:
        return ("fake", "absent")

    async def close(self) -> None:
        """Nothing is open."""

"""A model that plays given answers and records its requests."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from adapters.llm.scripted.model import ScriptedChat
from domain.models.messages import ModelRequest, Piece
from domain.models.ports import ChatModel


class ScriptedModel(ChatModel):
    """Plays answers; ``requests`` holds the requests, in order.

    The number of answers already in the conversation decides which one is played, so each new
    conversation starts with the first.
    """

    def __init__(self) -> None:
        self.requests: list[ModelRequest] = []
        self._player = ScriptedChat([])

    @property
    def provider(self) -> str:
        """Name the provider."""
        return self._player.provider

    def plays(self, *answers: Sequence[Any]) -> None:
        """Play these answers from now on, each a list of pieces as in a cassette.

        ::

            scripted_model.plays(
                [{"tool": "capital", "arguments": {"country": "Peru"}}],
                [{"text": "It is Lima."}],
            )

        Raises:
            Unavailable: a piece is invalid; the message says where.

        """
        self._player = ScriptedChat([{"pieces": list(pieces)} for pieces in answers])

    def plays_file(self, cassette: Path | str) -> None:
        """Play a cassette, such as ``puerto record`` writes.

        Raises:
            Unavailable: the file is missing or no cassette; the message says where.

        """
        self._player = ScriptedChat(cassette)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer for this place in the conversation.

        Raises:
            ProviderError: the cassette says so, or has no answer left.

        """
        self.requests.append(request)
        async for piece in self._player.stream(request):
            yield piece

    async def close(self) -> None:
        """Do nothing: nothing was opened."""

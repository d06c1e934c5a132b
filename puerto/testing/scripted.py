"""A model that answers as the test says, and keeps what it was told."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from adapters.llm.scripted.model import ScriptedChat
from domain.models.messages import ModelRequest, Piece
from domain.models.ports import ChatModel


class ScriptedModel(ChatModel):
    """Plays answers; ``requests`` holds what it was asked, in order.

    Which answer is played depends on how many the conversation holds already, so that each new
    conversation hears them from the first.
    """

    def __init__(self) -> None:
        self.requests: list[ModelRequest] = []
        self._player = ScriptedChat([])

    @property
    def provider(self) -> str:
        """Name the provider."""
        return self._player.provider

    def plays(self, *answers: Sequence[Any]) -> None:
        """Play these from now on: each answer is a list of pieces, as cassettes have them.

        ::

            scripted_model.plays(
                [{"tool": "capital", "arguments": {"country": "Peru"}}],
                [{"text": "It is Lima."}],
            )

        Raises:
            Unavailable: a piece is none; the message says where.

        """
        self._player = ScriptedChat([{"pieces": list(pieces)} for pieces in answers])

    def plays_file(self, cassette: Path | str) -> None:
        """Play a cassette, such as ``puerto record`` writes.

        Raises:
            Unavailable: there is no such file, or it is no cassette; the message says where.

        """
        self._player = ScriptedChat(cassette)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer that has its place here in the conversation.

        Raises:
            ProviderError: the cassette says so, or has no answer for this place.

        """
        self.requests.append(request)
        async for piece in self._player.stream(request):
            yield piece

    async def close(self) -> None:
        """Do nothing: nothing was opened."""

"""A model that plays given answers and records its requests."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from adapters.llm.scripted.cassette import RecordedCall
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
        self._replays_tools = False

    @property
    def provider(self) -> str:
        """Name the provider."""
        return self._player.provider

    @property
    def replayed_calls(self) -> Sequence[RecordedCall] | None:
        """The calls whose results the test's service replays; None where it runs the tools."""
        return self._player.recorded_calls if self._replays_tools else None

    def plays(self, *answers: Sequence[Any], tools: bool = False) -> None:
        """Play these answers from now on, each a list of pieces as in a cassette.

        ``tools`` replays the results of calls instead of running the tools, as `plays_file` does.

        ::

            scripted_model.plays(
                [{"tool": "capital", "arguments": {"country": "Peru"}}],
                [{"text": "It is Lima."}],
            )

        Raises:
            Unavailable: a piece is invalid; the message says where.

        """
        self._player = ScriptedChat([{"pieces": list(pieces)} for pieces in answers])
        self._replays_tools = tools

    def plays_file(self, cassette: Path | str, *, tools: bool = False) -> None:
        """Play a cassette, such as ``puerto record`` writes.

        ``tools`` replays the results that it holds in the place of running the tools: of calls with
        the same tool and arguments, in order. Any other call fails. Policy, consents and previews
        are as ever.

        Raises:
            Unavailable: the file is missing or no cassette; the message says where.

        """
        self._player = ScriptedChat(cassette)
        self._replays_tools = tools

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

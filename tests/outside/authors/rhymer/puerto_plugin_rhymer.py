"""A chat model that answers in rhymes, and sometimes does not."""

from collections.abc import AsyncGenerator

from pydantic import BaseModel, Field

from puerto import PluginContext, Registry, hookimpl
from puerto.models import (
    ModelRequest,
    Piece,
    ProviderError,
    ProviderReason,
    Reasoning,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    ToolTurn,
    Usage,
    UserTurn,
)


class RhymerSettings(BaseModel):
    """The poet's taste."""

    rhyme: str = Field("moon", min_length=1, description="The word on which lines end.")
    shows_thoughts: bool = True


class Rhymer:
    """Answers ``use TOOL {...}`` with a call, ``faint`` with an error, and all else in verse."""

    provider = "rhymer"

    def __init__(self, context: PluginContext) -> None:
        self._settings = context.settings(RhymerSettings)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of an answer."""
        last = request.turns[-1]
        words = last.content
        if isinstance(last, UserTurn) and "faint" in words:
            raise ProviderError(
                "The poet has fainted.", provider=self.provider, reason=ProviderReason.REJECTED
            )
        if self._settings.shows_thoughts:
            yield Reasoning(f"What rhymes with {self._settings.rhyme}?")
        calls = [] if isinstance(last, ToolTurn) else words.partition("use ")[2].split(" and use ")
        if calls := [call for call in calls if call]:
            for call in calls:
                name, _, arguments = call.partition(" ")
                yield ToolRequest(name, arguments)
            yield Stop(StopReason.TOOL_CALLS, Usage(len(words), 1))
            return
        for line in (words, f"I sing it to the {self._settings.rhyme}."):
            yield Text(f"{line}\n")
        yield Stop(StopReason.END, Usage(len(words), 2))

    async def close(self) -> None:
        """Do nothing: nothing is open."""


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the model."""
    registry.use_settings(RhymerSettings)
    registry.add_chat_model("rhymer", Rhymer, default_model="sonnet")

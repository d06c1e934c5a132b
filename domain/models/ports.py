"""The ports to language models: a provider, and the registry of providers."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final, Protocol

from domain.models.messages import ModelRequest, Piece

READY: Final = "ready"
NOT_CONFIGURED: Final = "not configured"


class ChatModel(Protocol):
    """A provider of language models."""

    @property
    def provider(self) -> str:
        """Name the provider, such as ``openai``."""
        ...

    def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Stream the answer: yield its pieces, a `Stop` last.

        Tool requests are yielded whole, in the model's order. Closing the generator (or
        cancelling the task that reads it) closes the provider's stream.

        Raises:
            ProviderError: the provider failed, before or in the middle of the stream.

        """
        ...

    async def close(self) -> None:
        """Release connections. May be called when nothing was opened, and twice."""
        ...


class ChatModels(Protocol):
    """The registry of model providers."""

    def get(self, provider: str) -> ChatModel:
        """Return the provider, loading its library on the first call.

        Raises:
            Unavailable: unknown, or not configured; the message says what is missing.

        """
        ...

    def default_model(self, provider: str) -> str:
        """Return the provider's default model."""
        ...

    def states(self) -> Mapping[str, str]:
        """Return each provider's state by name, without asking the provider.

        `READY`, `NOT_CONFIGURED`, or ``failing: `` and a `ProviderReason`: its last answers were
        failures, and others are asked in its place where there are any.
        """
        ...

    def names(self) -> Sequence[str]:
        """Return the names of the providers, configured or not."""
        ...

    async def close(self) -> None:
        """Close every provider that was loaded."""
        ...

"""The providers that this service has, each made when it is first asked for."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from domain.circuits import Circuits
from domain.errors import Unavailable
from domain.ports.chat_model import ChatModel, ChatModels


@dataclass(frozen=True, slots=True)
class Provider:
    """How to make a provider's model, which of its models to use, and what it lacks.

    ``missing`` names the settings without which it cannot work, such as ``OPENAI_API_KEY``;
    None where nothing is missing.
    """

    factory: Callable[[], ChatModel]
    default_model: str
    missing: str | None = None


class Providers(ChatModels):
    """Providers by name, in the order in which they are to be shown.

    ``circuits`` know which of them are failing.
    """

    def __init__(self, providers: Mapping[str, Provider], circuits: Circuits) -> None:
        self._providers = dict(providers)
        self._circuits = circuits
        self._made: dict[str, ChatModel] = {}

    def get(self, provider: str) -> ChatModel:
        """Return the provider, made now if this is the first time.

        Raises:
            Unavailable: unknown, or not configured; the message says what is missing.

        """
        if (model := self._made.get(provider)) is not None:
            return model
        known = self._known(provider)
        if known.missing is not None:
            raise Unavailable(
                f"The provider {provider} is not configured: set {known.missing}.",
                details={"provider": provider, "missing": known.missing},
            )
        return self._made.setdefault(provider, known.factory())

    def default_model(self, provider: str) -> str:
        """Return the provider's model to use where none is chosen.

        Raises:
            Unavailable: there is no such provider.

        """
        return self._known(provider).default_model

    def states(self) -> Mapping[str, str]:
        """Return each provider's state by name, without asking any provider.

        ``ready``, ``not configured``, or ``failing: `` and why.
        """
        states = {
            name: "not configured" if provider.missing is not None else "ready"
            for name, provider in self._providers.items()
        }
        failing = self._circuits.failing()
        return states | {name: f"failing: {failing[name]}" for name in states if name in failing}

    def names(self) -> Sequence[str]:
        """Return the names of the providers, configured or not."""
        return tuple(self._providers)

    async def close(self) -> None:
        """Close every provider that was made; also the others if one fails to."""
        async with AsyncExitStack() as stack:
            while self._made:
                _, model = self._made.popitem()
                stack.push_async_callback(model.close)

    def _known(self, name: str) -> Provider:
        if name not in self._providers:
            raise Unavailable(
                f"There is no provider {name}: choose one of {', '.join(self._providers)}.",
                details={"provider": name},
            )
        return self._providers[name]

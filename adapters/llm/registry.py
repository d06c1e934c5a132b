"""The registry of model providers; each model is created when it is first needed."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from domain.models.circuit_breaker import CircuitBreaker
from domain.models.ports import NOT_CONFIGURED, READY, ChatModel, ChatModels
from domain.plugins.ports import ModelOffers
from domain.shared.errors import Unavailable
from domain.shared.json_values import error_text, type_name
from domain.shared.untrusted import contained, original, within

CLOSE_SECONDS: Final = 10.0

Factory = Callable[[], ChatModel]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provider:
    """A configured provider: the factory of its model and its default model.

    ``missing`` names the setting that it cannot work without, such as ``OPENAI_API_KEY``; None if
    it is complete.
    """

    factory: Factory
    default_model: str
    missing: str | None = None


class Providers(ChatModels):
    """The providers by name, in display order: Puerto's own, then those of plugins.

    ``circuit_breaker`` knows which of them are failing. ``offers`` returns the plugins' providers,
    which come and go; a plugin cannot replace one of Puerto's own. ``tell`` is called with the name
    and the error of a provider that could not be created.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        circuit_breaker: CircuitBreaker,
        offers: ModelOffers | None = None,
        tell: Callable[[str, BaseException], None] = lambda _provider, _error: None,
    ) -> None:
        self._ours = dict(providers)
        self._circuit_breaker = circuit_breaker
        self._offers = offers
        self._tell = tell
        self._made: dict[str, tuple[Factory, ChatModel]] = {}
        self._replaced: list[ChatModel] = []  # they may still be in use

    @override
    def get(self, provider: str) -> ChatModel:
        """Return the provider's model; create it at first use, or after its plugin was reloaded.

        Raises:
            Unavailable: unknown, not configured, or it cannot be created; the message says why.

        """
        known = self._known(provider)
        made = self._made.get(provider)
        if made is not None and made[0] is known.factory:
            return made[1]
        if known.missing is not None:
            raise Unavailable(
                f"The provider {provider} is not configured: set {known.missing}.",
                details={"provider": provider, "missing": known.missing},
            )
        try:
            model = _make(provider, known.factory)
        except Unavailable as error:
            if error.__cause__ is not None:  # it failed; it does not just lack a setting
                self._tell(provider, error.__cause__)
            raise
        if made is not None:
            self._replaced.append(made[1])
        self._made[provider] = known.factory, model
        return model

    @override
    def default_model(self, provider: str) -> str:
        """Return the provider's default model.

        Raises:
            Unavailable: there is no such provider.

        """
        return self._known(provider).default_model

    @override
    def states(self) -> Mapping[str, str]:
        states = {
            name: NOT_CONFIGURED if provider.missing is not None else READY
            for name, provider in self._all().items()
        }
        failing = self._circuit_breaker.failing()
        return states | {name: f"failing: {failing[name]}" for name in states if name in failing}

    @override
    def names(self) -> Sequence[str]:
        return tuple(self._all())

    @override
    async def close(self) -> None:
        """Close every model that was created, also when closing one fails."""
        models = [*self._replaced, *(model for _, model in self._made.values())]
        self._replaced.clear()
        self._made.clear()
        for model in models:
            await _close(model)

    def _all(self) -> Mapping[str, Provider]:
        offers = [] if self._offers is None else self._offers.chat_models()
        found = dict(self._ours)
        for offer in offers:
            provider = Provider(offer.value.factory, offer.value.default_model)
            found.setdefault(offer.value.name, provider)
        return found

    def _known(self, name: str) -> Provider:
        found = self._ours.get(name) or self._all().get(name)
        if found is None:
            raise Unavailable(
                f"There is no provider {name}: choose one of {', '.join(self._all())}.",
                details={"provider": name},
            )
        return found


async def _close(model: ChatModel) -> None:
    try:
        await within(CLOSE_SECONDS, model.close)
    except Exception as error:  # noqa: BLE001  it may be a plugin's
        _log.error("a provider cannot be closed: %s", error_text(error))


def _required(model: ChatModel) -> ChatModel:
    if not callable(getattr(model, "stream", None)):
        raise TypeError(f"a {type_name(model)} is no model")
    return model


def _make(provider: str, factory: Factory) -> ChatModel:
    try:
        with contained():
            return _required(factory())
    except Unavailable:
        raise
    except Exception as error:
        _log.exception("the provider %s cannot be made", provider)
        raise Unavailable(
            f"The provider {provider} cannot be made ({type_name(original(error))}): see the log.",
            details={"provider": provider},
        ) from error

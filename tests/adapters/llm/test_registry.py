"""The providers by name: made late, once, and closed together."""

from collections.abc import Callable

import pytest

from adapters.llm.registry import Provider, Providers
from adapters.llm.scripted.model import ScriptedChat
from domain.models.circuit_breaker import CircuitBreaker
from domain.models.ports import ChatModel
from domain.plugins.plugin import ChatModelOffer, Registered
from domain.shared.errors import ProviderReason, Unavailable
from tests.fakes.clock import FakeClock
from tests.fakes.extensions import FakeExtensions

CALM = CircuitBreaker(FakeClock())


class Watched(ScriptedChat):
    """A model that tells when it is closed, and may fail to."""

    def __init__(self, closed: list[str], name: str, *, fails: bool = False) -> None:
        super().__init__([])
        self._closed, self._name, self._fails = closed, name, fails

    async def close(self) -> None:
        self._closed.append(self._name)
        if self._fails:
            raise OSError(self._name)


def test_makes_a_provider_when_first_asked_and_once() -> None:
    made: list[ChatModel] = []

    def make() -> ChatModel:
        made.append(ScriptedChat([]))
        return made[-1]

    providers = Providers({"scripted": Provider(make, "demo")}, CALM)
    assert not made
    assert providers.get("scripted") is providers.get("scripted") is made[0]
    assert len(made) == 1


def test_says_what_there_is_without_making_it() -> None:
    def make() -> ChatModel:
        pytest.fail("nobody asked for it")

    providers = Providers(
        {"offline": Provider(make, "plain"), "openai": Provider(make, "gpt", "OPENAI_API_KEY")},
        CALM,
    )
    assert providers.names() == ("offline", "openai")
    assert providers.states() == {"offline": "ready", "openai": "not configured"}
    assert providers.default_model("openai") == "gpt"
    with pytest.raises(Unavailable, match="set OPENAI_API_KEY"):
        providers.get("openai")


def test_says_who_is_failing_and_why_and_still_gives_it() -> None:
    circuit_breaker = CircuitBreaker(FakeClock(), threshold=1)
    providers = Providers(
        {name: Provider(lambda: ScriptedChat([]), "demo") for name in ("a", "b")}, circuit_breaker
    )
    circuit_breaker.failed("a", ProviderReason.OVERLOADED)
    circuit_breaker.failed("gone", ProviderReason.OVERLOADED)
    assert providers.states() == {"a": "failing: overloaded", "b": "ready"}
    assert providers.get("a").provider == "scripted"
    circuit_breaker.answered("a")
    assert providers.states() == {"a": "ready", "b": "ready"}


def test_knows_no_other_provider() -> None:
    providers = Providers({"scripted": Provider(lambda: ScriptedChat([]), "demo")}, CALM)
    with pytest.raises(Unavailable, match="no provider opnai: choose one of scripted"):
        providers.get("opnai")
    with pytest.raises(Unavailable, match="no provider opnai"):
        providers.default_model("opnai")


async def test_closes_what_was_made_even_if_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    closed: list[str] = []
    providers = Providers(
        {
            "a": Provider(lambda: Watched(closed, "a"), "demo"),
            "b": Provider(lambda: Watched(closed, "b", fails=True), "demo"),
            "c": Provider(lambda: Watched(closed, "c"), "demo"),
            "d": Provider(lambda: Watched(closed, "d"), "demo"),
        },
        CALM,
    )
    for name in ("a", "b", "c"):
        providers.get(name)
    await providers.close()
    assert "a provider cannot be closed: OSError: b" in caplog.text
    assert sorted(closed) == ["a", "b", "c"]
    await providers.close()
    assert len(closed) == 3


async def test_plugins_providers_come_and_go_and_are_made_anew_when_read_again() -> None:
    closed: list[str] = []
    offers = FakeExtensions()
    providers = Providers({"a": Provider(lambda: Watched(closed, "a"), "demo")}, CALM, offers)

    def offer(name: str, factory: Callable[[], ChatModel]) -> None:
        offers.the_models = [Registered("p", ChatModelOffer(name, factory, "grey"))]

    offer("parrot", lambda: Watched(closed, "first"))
    first = providers.get("parrot")
    assert providers.get("parrot") is first
    assert providers.names() == ("a", "parrot")
    assert providers.states() == {"a": "ready", "parrot": "ready"}
    assert providers.default_model("parrot") == "grey"

    offer("parrot", lambda: Watched(closed, "second"))
    assert providers.get("parrot") is not first
    assert closed == []  # it may still be answering
    offer("a", lambda: pytest.fail("the name is ours"))
    assert providers.default_model("a") == "demo"
    assert isinstance(providers.get("a"), Watched)
    with pytest.raises(Unavailable, match="no provider parrot"):
        providers.get("parrot")
    await providers.close()
    assert sorted(closed) == ["a", "first", "second"]


def test_a_provider_that_cannot_be_made_is_unavailable() -> None:
    def make() -> ChatModel:
        raise KeyError("key sk-123")

    offers = FakeExtensions(the_models=[Registered("p", ChatModelOffer("parrot", make, "grey"))])
    with pytest.raises(Unavailable) as raised:
        Providers({}, CALM, offers).get("parrot")
    assert raised.value.message == "The provider parrot cannot be made (KeyError): see the log."

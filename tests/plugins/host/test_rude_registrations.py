"""Whatever a plugin registers: it is refused with a reason, and the rest of the plugin works."""

import asyncio
import itertools
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from pydantic import (
    BaseModel,
    Field,
    WithJsonSchema,
    create_model,
    field_validator,
    model_validator,
)

from domain.agents.agent import Agent
from domain.plugins.plugin import PluginInfo, PluginState
from domain.plugins.settings import CurrentSettings
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.authoring.settings import PydanticSettings
from plugins.authoring.tool import tool
from plugins.host.host import PluginHost
from tests.fakes.oddities import Mute

READ_SECONDS = "domain.plugins.settings.READ_SECONDS"


@tool(effect="read")
async def fine() -> str:
    """Work."""
    return "fine"


async def answer(*_given: Any) -> Any:
    """Answer nothing."""


def sync(*_given: Any) -> Any:
    """Answer nothing, and at once."""


async def aside(message: Any, context: Any, /) -> Any:
    """Take the context by its place alone."""


class Hostile:
    """Raises what would end the process, whatever is looked at."""

    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(3)


class Lying:
    """Has a signature that is none."""

    __signature__ = "(a, b)"

    async def __call__(self, *_given: Any) -> Any:
        """Answer nothing."""


class Recursive(BaseModel):
    """Settings that hold settings of their kind."""

    inner: "Recursive | None" = None


class NoSchema(BaseModel):
    """Settings whose schema cannot be made."""

    @classmethod
    def __get_pydantic_json_schema__(cls, *_given: Any) -> Any:
        raise SystemExit(3)


class OddSchema(BaseModel):
    """Settings whose schema holds what is no JSON."""

    size: Annotated[int, WithJsonSchema({"sizes": {1, 2}})] = 1


class Unstorable(BaseModel):
    """Settings of which no variable can hold one."""

    size: int = Field(1, validation_alias="A\0=")


FIELDS: dict[str, Any] = {f"field_{n}": (int, n) for n in range(300)}
MANY = create_model("Many", **FIELDS)
LONG: Any = create_model("Long", text=(str, "x" * 1_000_000))


def agent(**odd: Any) -> Any:
    made = Agent("helper", "Helps.", "You help.")
    for name, value in odd.items():
        object.__setattr__(made, name, value)
    return made


REGISTRATIONS: dict[str, tuple[Callable[[Any], object], str]] = {
    "a hostile tool": (lambda r: r.add_tools(Hostile()), "SystemExit: 3"),
    "no tool": (lambda r: r.add_tools(None), "'NoneType' is not a tool"),
    "a hostile agent": (lambda r: r.add_agents(Hostile()), "SystemExit: 3"),
    "a huge agent": (lambda r: r.add_agents(agent(instructions="x" * 10**6)), "over 200,000"),
    "many patterns": (lambda r: r.add_agents(agent(tools=["*"] * 10**5)), "no list of patterns"),
    "a long pattern": (lambda r: r.add_agents(agent(tools=["*" * 10**5])), "no list of patterns"),
    "a hostile account": (lambda r: r.add_account(Hostile()), "SystemExit: 3"),
    "no account": (lambda r: r.add_account({}), "'dict' is no OAuthAccount"),
    "a hostile veto": (lambda r: r.add_veto(Hostile()), "'Hostile' is not a function"),
    "a sync veto": (lambda r: r.add_veto(sync), "'sync': it is not async"),
    "a veto that takes its context by place": (lambda r: r.add_veto(aside), "given by name"),
    "an odd place": (lambda r: r.add_guard(answer, at=[]), "TypeError"),
    "a hostile place": (lambda r: r.add_guard(answer, at=Mute()), "it stands at 'before_model'"),
    "a hostile observer": (lambda r: r.add_observer(Hostile()), "'Hostile' is not a function"),
    "a hostile lifespan": (lambda r: r.add_lifespan(Hostile()), "'Hostile' is not a function"),
    "many vetoes": (lambda r: [r.add_veto(answer) for _ in range(10**4)], "can have 100"),
    "many observers": (lambda r: [r.add_observer(answer) for _ in range(10**4)], "can have 100"),
    "many tools": (lambda r: r.add_tools(*[fine] * 10**4), "registered twice"),
    "a model of no name": (lambda r: r.add_chat_model(5, sync, default_model="m"), "chat model 5"),
    "a long model": (
        lambda r: r.add_chat_model("m", sync, default_model="m" * 10**6),
        "no default model",
    ),
    "no settings": (lambda r: r.use_settings(5), "a class of pydantic's BaseModel"),
    "no schema": (lambda r: r.use_settings(NoSchema), "SystemExit: 3"),
    "a huge schema": (lambda r: r.use_settings(LONG), "TooLarge"),
    "too many settings": (lambda r: r.use_settings(MANY), "can have 200"),
    "no variable": (lambda r: r.use_settings(Unstorable), "is no name of a variable"),
}


def loaded(work: Callable[[Any], object], host: PluginHost | None = None) -> PluginInfo:
    @hookimpl
    def puerto_register(registry: Registry) -> None:
        work(registry)
        registry.add_tools(fine)

    return (host or PluginHost()).register(SimpleNamespace(puerto_register=puerto_register), "rude")


@pytest.mark.parametrize("kind", REGISTRATIONS)
def test_what_cannot_be_taken_is_refused_and_the_rest_works(kind: str) -> None:
    work, reason = REGISTRATIONS[kind]
    info = loaded(work)
    assert (info.state, info.tools) == (PluginState.ACTIVE, ("fine",))
    assert f"refused: {reason}"[:8] in info.reason
    assert reason in info.reason
    assert len(info.reason) < 20_000


def test_a_signature_that_lies_is_passed_over() -> None:
    assert loaded(lambda registry: registry.add_veto(Lying())).reason == ""


def test_an_odd_schema_is_shown_as_json() -> None:
    form = PydanticSettings("rude", OddSchema)
    assert form.schema["properties"]["size"]["sizes"] == [1, 2]
    assert loaded(lambda registry: registry.use_settings(Recursive)).reason == ""


def test_tools_may_be_replaced_while_the_plugin_registers() -> None:
    def work(registry: Registry) -> None:
        asyncio.run(registry.tools.replace("early", []))

    assert loaded(work).reason == ""


class Raises(BaseModel):
    """Settings whose validator would end the process."""

    size: int = 0

    @model_validator(mode="after")
    def _raise(self) -> "Raises":
        raise SystemExit(3)


class Returns(BaseModel):
    """Settings whose validator returns something else."""

    @model_validator(mode="wrap")
    @classmethod
    def _other(cls, _given: Any, _handler: Any) -> Any:
        return 5


class Looped(BaseModel):
    """Settings that hold themselves once they are read."""

    many: list[Any] = Field(default_factory=list)

    @model_validator(mode="after")
    def _loop(self) -> "Looped":
        self.many.append(self.many)
        return self


class Talks(BaseModel):
    """Settings whose validator says what it was given."""

    token: str = ""

    @field_validator("token")
    @classmethod
    def _tell(cls, token: str) -> str:
        raise ValueError(f"not {token}")


class Hides(BaseModel):
    """Settings that cannot be looked at."""

    token: str = "x"

    def __getattribute__(self, name: str) -> Any:
        if name == "token":
            raise SystemExit(3)
        return super().__getattribute__(name)


SETTINGS: dict[type[BaseModel], str] = {
    Raises: "reading them raised SystemExit",
    Returns: "a validator returned a int, not a Returns",
    Looped: "reading them raised",
    Talks: "not ***",
    Hides: "reading them raised SystemExit",
}


@pytest.mark.parametrize("model", SETTINGS)
def test_settings_that_cannot_be_read_say_why_and_give_nothing_away(
    model: type[BaseModel],
) -> None:
    settings = CurrentSettings({"RUDE_TOKEN": "s3cr3t-token"})
    info = loaded(lambda registry: registry.use_settings(model), PluginHost(settings=settings))
    assert info.state is PluginState.WAITING
    assert SETTINGS[model] in info.reason
    assert "s3cr3t" not in info.reason
    assert settings.value("rude") is None
    assert settings.secrets("rude").hides_nothing


def test_settings_whose_validator_hangs_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(READ_SECONDS, 0.05)
    go_on = threading.Event()

    class Hangs(BaseModel):
        @model_validator(mode="after")
        def _hang(self) -> "Hangs":
            go_on.wait()
            return self

    info = loaded(lambda registry: registry.use_settings(Hangs))
    go_on.set()
    assert info.state is PluginState.WAITING
    assert "a validator hangs" in info.reason


def raising() -> Any:
    yield fine
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("tools", "refused"),
    [
        (lambda: [Hostile(), 5, fine], "SystemExit: 3"),
        (lambda: itertools.repeat(None), "is not a tool"),
        (lambda: itertools.repeat(fine), "registered twice"),
    ],
)
async def test_live_tools_that_are_none_are_refused(tools: Any, refused: str) -> None:
    kept = list[Registry]()
    host = PluginHost()
    loaded(kept.append, host)
    refusals = await kept[0].tools.replace("s", tools())
    assert refused in refusals[0]
    assert len(refusals) <= 1_000
    assert [each.spec.name for each in host.tools()] == ["fine"]


async def test_live_tools_that_raise_change_nothing() -> None:
    kept = list[Registry]()
    host = PluginHost()
    loaded(kept.append, host)
    before = host.tools()
    with pytest.raises(SystemExit):
        await kept[0].tools.replace("s", raising())
    sources: list[Any] = [[], "x" * 1_000]
    for source in sources:
        with pytest.raises(ValueError, match="a source has a name"):
            await kept[0].tools.replace(source, [])
    assert host.tools() == before


async def test_the_same_live_tools_again_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    @tool(effect="read")
    async def live() -> str:
        """Work."""
        return "live"

    kept = list[Registry]()
    host = PluginHost()
    loaded(kept.append, host)
    await kept[0].tools.replace("s", [live])
    before = host.tools()
    monkeypatch.setattr("plugins.host.live_tools.admit", None)  # would raise
    assert await kept[0].tools.replace("s", [live]) == []
    assert host.tools() is before

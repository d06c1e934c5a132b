"""The plugin host: what it takes in, and what it does with bad plugins."""

import asyncio
import re
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial, wraps
from types import SimpleNamespace
from typing import Any

import pytest

from domain.agents.agent import Agent
from domain.shared.errors import InvalidArguments, ToolFailed, ToolRefused, UnknownTool
from domain.tools.context import PluginContext
from domain.tools.ports import Toolbox
from domain.tools.tool import Effect, Tool, ToolSpec
from domain.tools.tool_context import ToolContext
from plugins.authoring.hookspecs import HOOK_VERSION, HookSpecs, hookimpl
from plugins.authoring.registry import Registry
from plugins.authoring.tool import tool
from plugins.host import admission
from plugins.host.host import PluginHost, PluginInfo
from tests.fakes.models import FakeModel

SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True)
class HandMade:
    """A tool that is no function: it satisfies the protocol, and that is all."""

    spec: ToolSpec

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return dict(arguments) | {"checked": True}

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        return {"ran": dict(arguments), "by": context.user.username}


def spec(name: str = "made", **fields: Any) -> ToolSpec:
    given: dict[str, Any] = {
        "description": "Made by hand.",
        "parameters": SCHEMA,
        "effect": Effect.READ,
    }
    return ToolSpec(name=name, **given | fields)


def plugin(*tools: Any) -> SimpleNamespace:
    @hookimpl
    def puerto_register(registry: Registry) -> None:
        registry.add_tools(*tools)

    return SimpleNamespace(puerto_register=puerto_register)


def names(host: PluginHost) -> list[str]:
    return [one.spec.name for one in host.tools()]


def quarantined(host: PluginHost, bad: object) -> str:
    """Register a bad plugin between two good ones, and return the reason it was set aside for."""
    host.register(plugin(HandMade(spec("before"))), "first")
    info = host.register(bad, "bad")
    host.register(plugin(HandMade(spec("after"))), "last")
    assert names(host) == ["after", "before"]
    assert [one.state for one in host.plugins()] == ["active", "quarantined", "active"]
    assert info == host.plugins()[1]
    assert info.tools == ()
    return info.reason


def test_a_host_begins_empty() -> None:
    host: Toolbox = PluginHost()
    assert host.tools() == ()


def test_tools_are_sorted_and_belong_to_their_plugin() -> None:
    host = PluginHost()
    info = host.register(plugin(HandMade(spec("zebra")), HandMade(spec("ant"))), "zoo")
    assert info == PluginInfo("zoo", "", "", info.state, "", ("ant", "zebra"))
    assert info.state == "active"
    assert names(host) == ["ant", "zebra"]
    assert host.get("ant").spec.plugin == "zoo"
    assert host.get("ant").spec.version == spec("ant").version
    assert host.tools() is host.tools()


async def test_a_tool_made_by_hand_works(context: ToolContext) -> None:
    host = PluginHost()
    host.register(plugin(HandMade(spec())), "hand")
    made = host.get("made")
    assert made.check({"a": 1}) == {"a": 1, "checked": True}
    assert await made.run({"a": 1}, context) == {"ran": {"a": 1}, "by": "ada"}


class Careless(HandMade):
    """A tool that breaks its promises."""

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        raise KeyError("no such thing")

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        if arguments:
            sys.exit("bye")
        return {"nul": "\x00", "nan": float("nan")}


async def test_a_careless_tool_made_by_hand_breaks_nothing(context: ToolContext) -> None:
    host = PluginHost()
    host.register(plugin(Careless(spec())), "hand")
    made = host.get("made")
    with pytest.raises(InvalidArguments, match="cannot be checked: KeyError"):
        made.check({})
    with pytest.raises(ToolFailed, match="made failed: SystemExit: bye"):
        await made.run({"a": 1}, context)
    assert await made.run({}, context) == {"nul": "\ufffd", "nan": "nan"}


async def test_errors_of_the_tools_own_come_through(context: ToolContext) -> None:
    @tool(effect="read")
    def refuse(count: int) -> None:
        """Refuse."""
        raise ToolRefused(f"Not {count}.")

    host = PluginHost()
    host.register(plugin(refuse), "no")
    with pytest.raises(InvalidArguments, match="count"):
        host.get("refuse").check({})
    with pytest.raises(ToolRefused, match="Not 3"):
        await host.get("refuse").run({"count": 3}, context)


def test_an_unknown_tool_is_named_with_those_like_it() -> None:
    host = PluginHost()
    host.register(plugin(HandMade(spec("calculator"))), "basics")
    with pytest.raises(UnknownTool, match=r"no tool 'calculater'\. Did you mean 'calculator'\?"):
        host.get("calculater")
    with pytest.raises(UnknownTool) as caught:
        host.get("\x00" * 100_000)
    assert len(caught.value.message) < 400


def test_a_blocked_plugin_is_left_alone() -> None:
    host = PluginHost(blocked=["zoo"])
    info = host.register(plugin(HandMade(spec())), "zoo")
    assert (info.state, info.reason) == ("blocked", "blocked by the operator")
    assert host.tools() == ()


def undecorated(count: int) -> int:
    """Count."""
    return count


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (undecorated, "'undecorated' is not a tool; decorate it with @tool"),
        (None, "is not a tool"),
        (HandMade(spec(name="no spaces")), "a name is"),
        (HandMade(spec(name=7)), "a name is"),  # type: ignore[arg-type] # the mistake under test
        (HandMade(spec(description="  ")), "no description"),
        (HandMade(spec(effect="read")), "not one of Effect"),
        (HandMade(spec(timeout=0)), "timeout"),
        (HandMade(spec(timeout=float("nan"))), "timeout"),
        (HandMade(spec(timeout="soon")), "timeout"),
        (HandMade(spec(parameters={"type": "array"})), "not a JSON Schema of type object"),
        (HandMade(spec(parameters=None)), "not a JSON Schema of type object"),
        (HandMade(spec(parameters=SCHEMA | {"x": {1}})), "not JSON"),
        (HandMade(spec(parameters=SCHEMA | {"x": float("nan")})), "not JSON"),
        (SimpleNamespace(spec=spec()), "tool 'made' has no method 'check'"),
        (HandMade(spec("good")), "'good' is registered twice"),
        (HandMade(spec("taken")), "tool 'taken': plugin 'first' has one of this name"),
    ],
)
def test_a_bad_tool_is_refused_and_the_others_work(bad: Any, reason: str) -> None:
    host = PluginHost()
    host.register(plugin(HandMade(spec("taken"))), "first")
    info = host.register(plugin(bad, HandMade(spec("good")), bad), "second")
    assert reason in info.reason
    assert (info.state, info.tools) == ("active", ("good",))
    assert names(host) == ["good", "taken"]
    assert host.get("taken").spec.plugin == "first"


def test_a_misspelt_hook_names_the_hook_that_was_meant() -> None:
    @hookimpl
    def puerto_registers(registry: Registry) -> None:
        """Never called."""

    reason = quarantined(PluginHost(), SimpleNamespace(puerto_registers=puerto_registers))
    assert reason == "there is no hook 'puerto_registers'. Did you mean 'puerto_register'?"


def test_a_hook_that_is_misspelt_and_unmarked_is_told_too() -> None:
    bad = SimpleNamespace(puerto_register_agent=lambda register: None)
    reason = quarantined(PluginHost(), bad)
    assert reason == (
        "there is no hook 'puerto_register_agent'. Did you mean 'puerto_register_agents'?"
    )


def test_an_unmarked_hook_is_told() -> None:
    def puerto_register(registry: Registry) -> None:
        """Never called."""

    reason = quarantined(PluginHost(), SimpleNamespace(puerto_register=puerto_register))
    assert reason == "'puerto_register' is not marked with @hookimpl"


@hookimpl
def registers_then_raises(registry: Registry) -> None:
    registry.add_tools(HandMade(spec("half")))
    raise ValueError("no luck")


@hookimpl
def exits(registry: Registry) -> None:
    sys.exit("bye")


@hookimpl
def interrupts(registry: Registry) -> None:
    raise KeyboardInterrupt


@hookimpl
def recurses(registry: Registry) -> None:
    recurses(registry)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


@hookimpl
def raises_unspeakable(registry: Registry) -> None:
    raise Unspeakable


@hookimpl
def strange_argument(registry: Registry, context: object) -> None:
    """Never called."""


@hookimpl
async def is_async(registry: Registry) -> None:
    """Never run."""


@hookimpl
def is_generator(registry: Registry) -> Any:
    yield


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        (registers_then_raises, "puerto_register raised: ValueError: no luck"),
        (exits, "puerto_register raised: SystemExit: bye"),
        (interrupts, "puerto_register raised: KeyboardInterrupt"),
        (recurses, "puerto_register raised: RecursionError"),
        (raises_unspeakable, "puerto_register raised: Unspeakable$"),
        (strange_argument, "its hooks do not fit: PluginValidationError: .*context"),
        (is_async, "puerto_register is async; a hook only registers"),
        (is_generator, "puerto_register is a generator; a hook only registers"),
    ],
)
def test_a_bad_hook_sets_the_plugin_aside(hook: Callable[..., Any], reason: str) -> None:
    bad = SimpleNamespace(puerto_register=hook)
    assert re.match(reason, quarantined(PluginHost(), bad))


@pytest.mark.parametrize("bad", [None, object(), SimpleNamespace(), 7, "text"])
def test_what_is_no_plugin_is_set_aside(bad: object) -> None:
    assert "implements no hook" in quarantined(PluginHost(), bad)


def test_a_second_plugin_of_the_same_name_is_set_aside() -> None:
    host = PluginHost()
    host.register(plugin(HandMade(spec("one"))), "twin")
    info = host.register(plugin(HandMade(spec("two"))), "twin")
    assert info.state == "quarantined"
    assert "another plugin is called 'twin'" in info.reason
    assert names(host) == ["one"]


def test_a_plugin_may_be_registered_again_after_it_failed() -> None:
    host = PluginHost()
    bad = SimpleNamespace(puerto_register=registers_then_raises)
    assert host.register(bad, "again").state == "quarantined"
    assert host.register(plugin(HandMade(spec())), "again").state == "active"


@dataclass
class Unhashable:
    """Equal to every other, and in no set."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        registry.add_tools(HandMade(spec("unhashable")))


def test_a_plugin_may_be_any_object() -> None:
    host = PluginHost()
    assert host.register(Unhashable(), "object").tools == ("unhashable",)
    assert host.register(plugin(HandMade(spec())), "other").tools == ("made",)


def test_a_hook_need_not_take_what_it_does_not_use() -> None:
    @hookimpl
    def puerto_register() -> None:
        """Nothing to register today."""

    info = PluginHost().register(SimpleNamespace(puerto_register=puerto_register), "lazy")
    assert (info.state, info.tools) == ("active", ())


def test_every_hook_is_documented_and_carries_the_prefix() -> None:
    hooks = [hook for name, hook in vars(HookSpecs).items() if not name.startswith("__")]
    assert hooks
    for hook in hooks:
        assert hook.__name__.startswith("puerto_")
        assert hook.__doc__
    assert HOOK_VERSION == 1


def test_a_decorated_function_is_registered_as_it_is() -> None:
    @tool(effect="write", name="shout", category="voice")
    def shout(word: str) -> str:
        """Shout."""
        return word.upper()

    host = PluginHost()
    host.register(plugin(shout), "voices")
    registered: Tool = host.get("shout")
    assert registered.spec.effect is Effect.WRITE
    assert registered.spec.category == "voice"
    assert shout.spec.plugin == ""


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        (3, "it needs hooks of version 3, this Puerto has 1: update Puerto"),
        (0, "it needs hooks of version 0, this Puerto has 1: update the plugin"),
        ("1", "PUERTO_HOOK_VERSION is not a whole number"),
    ],
)
def test_hooks_of_another_version(declared: object, reason: str) -> None:
    fine, bad = plugin(HandMade(spec("fine"))), plugin(HandMade(spec("bad")))
    fine.PUERTO_HOOK_VERSION, bad.PUERTO_HOOK_VERSION = 1, declared
    host = PluginHost()
    registered = host.register(fine, "fine")
    assert (registered.state, len(registered.notes)) == ("active", 1)
    assert "say in the dependencies" in registered.notes[0]
    info = host.register(bad, "bad")
    assert (info.state, info.reason, names(host)) == ("quarantined", reason, ["fine"])


def test_a_hook_that_takes_too_long_is_not_waited_for_and_what_it_registers_is_late() -> None:
    go_on, done = threading.Event(), threading.Event()

    @hookimpl
    def puerto_register(registry: Registry) -> None:
        registry.add_tools(HandMade(spec("early")))
        go_on.wait()
        try:
            registry.add_tools(HandMade(spec("late")))
        finally:
            done.set()

    host = PluginHost(seconds=1)
    slow = SimpleNamespace(puerto_register=puerto_register)
    reason = "puerto_register took longer than 1 seconds"
    assert host.register(slow, "slow").reason == reason
    go_on.set()
    assert done.wait(60)
    host.register(plugin(HandMade(spec("other"))), "other")
    assert names(host) == ["other"]


def test_what_is_registered_after_its_time_is_refused() -> None:
    kept: list[Registry] = []

    @hookimpl
    def puerto_register(registry: Registry) -> None:
        kept.append(registry)

    host = PluginHost()
    host.register(SimpleNamespace(puerto_register=puerto_register), "keeper")
    with pytest.raises(RuntimeError, match="puerto_register has returned"):
        kept[0].add_tools(HandMade(spec("late")))
    host.register(plugin(HandMade(spec("other"))), "other")
    assert names(host) == ["other"]


class Everything:
    """A plugin that registers something of every kind."""

    def __init__(self, name: str = "ours") -> None:
        self.agent = Agent(name, "Helps.", "You help.")

    @hookimpl
    def puerto_register(self, registry: Any) -> None:
        registry.add_chat_model("parrot", FakeModel, default_model="grey")
        registry.add_chat_model("parrot", FakeModel, default_model="green")
        registry.add_chat_model("Bad Name", FakeModel, default_model="grey")
        registry.add_chat_model("factory", "no function", default_model="grey")
        registry.add_chat_model("model", FakeModel, default_model="")
        registry.add_agents(self.agent)
        registry.add_agents("helper")
        registry.add_figures(self.count)
        registry.add_figures(7)
        registry.add_alerts(self.count)
        registry.add_veto(self.count)
        registry.add_observer(self.count)
        registry.add_lifespan(self.live)
        registry.add_lifespan(self.live())

    async def count(self) -> None:
        """Count nothing."""

    @asynccontextmanager
    async def live(self) -> AsyncGenerator[None]:
        yield


class Call:
    async def __call__(self, _what: Any) -> None: ...


async def watch(_what: Any, _more: Any = None) -> None: ...


@wraps(watch)
def wrapped(what: Any) -> Any:
    return watch(what)


@pytest.mark.parametrize(
    "function",
    [watch, Call(), partial(watch, _more=1), wrapped],
    ids=["function", "object", "partial", "wrapped"],
)
def test_what_is_awaited_may_be_anything_async(function: Any) -> None:
    class Plugin:
        @hookimpl
        def puerto_register(self, registry: Any) -> None:
            registry.add_observer(function)

    host = PluginHost()
    assert host.register(Plugin(), "watching").reason == ""
    assert len(host.observers()) == 1


@pytest.mark.parametrize(
    ("method", "of_host", "what"),
    [
        ("add_veto", "vetoes", "a veto"),
        ("add_observer", "observers", "an observer"),
    ],
)
def test_what_is_awaited_must_be_async(method: str, of_host: str, what: str) -> None:
    def plain(_what: Any) -> None: ...

    @hookimpl
    def puerto_register(registry: Registry) -> None:
        getattr(registry, method)(plain)

    host = PluginHost()
    info = host.register(SimpleNamespace(puerto_register=puerto_register), "careless")
    assert info.reason == f"refused: {what}, 'plain': it is not async; write it as `async def`"
    assert not info.is_whole
    assert list(getattr(host, of_host)()) == []


async def test_what_counts_may_block() -> None:
    def plain(*, context: PluginContext) -> Any:
        return {f"{context.plugin} in {threading.current_thread().name}": 1}

    def register(registry: Registry) -> None:
        registry.add_figures(plain)
        registry.add_alerts(list)

    host = PluginHost()
    assert host.register(SimpleNamespace(puerto_register=hookimpl(register)), "c").reason == ""
    (figures,), (alerts,) = host.figures(), host.alerts()
    assert await figures.value() == {"c in tool plain": 1}
    assert await alerts.value() == []


def written(function: Any) -> Any:
    """Return the plugin's own function, of one that acts for the plugin."""
    return function.__wrapped__


def test_everything_that_can_be_registered_is_at_hand() -> None:
    host, ours = PluginHost(), Everything()
    info = host.register(ours, "all")
    second = host.register(Everything(), "again")

    assert (info.state, info.tools) == ("active", ())
    (offer,) = (one.value for one in host.chat_models())
    assert (offer.name, written(offer.factory), offer.default_model) == (
        "parrot",
        FakeModel,
        "grey",
    )
    assert [(one.plugin, one.value) for one in host.agents()] == [("all", ours.agent)]
    everything: list[Any] = [host.figures(), host.alerts(), host.vetoes(), host.observers()]
    for many in everything:
        assert [one.plugin for one in many] == ["all", "again"]
        assert written(many[0].value) == ours.count
    assert written(host.lifespans()[0].value) == ours.live
    for reason in (
        "chat model 'parrot' is registered twice",
        "chat model 'Bad Name': a name is",
        "'str' is not a function",
        "chat model 'model' has no default model",
        "'str' is not an Agent",
        "'int' is not a function",
        "register the function that makes the context manager",
    ):
        assert f"refused: {reason}" in info.reason
    for what in ("chat model 'parrot'", "agent 'ours'"):
        assert f"refused: {what}: plugin 'all' has one of this name" in second.reason


class Stubborn(HandMade):
    """A tool that does what a tool must not do."""

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        match arguments["do"]:
            case "interrupt":
                raise KeyboardInterrupt
            case "cancel itself":
                raise asyncio.CancelledError
            case _:
                while True:
                    with suppress(asyncio.CancelledError):
                        await arguments["until"].wait()
                        return None


@pytest.mark.parametrize("do", ["interrupt", "cancel itself"])
async def test_a_tool_cannot_end_the_service(context: ToolContext, do: str) -> None:
    host = PluginHost()
    host.register(plugin(Stubborn(spec())), "bad")
    with pytest.raises(ToolFailed, match="made failed: "):
        await host.get("made").run({"do": do}, context)


async def test_a_tool_that_cannot_be_cancelled_is_left_to_itself(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(admission, "STUBBORN_SECONDS", 0.01)
    host, until = PluginHost(), asyncio.Event()
    host.register(plugin(Stubborn(spec())), "bad")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await host.get("made").run({"do": "go on", "until": until}, context)
    until.set()
    assert "tool made of plugin bad goes on though it was cancelled" in caplog.text
    await asyncio.sleep(0)

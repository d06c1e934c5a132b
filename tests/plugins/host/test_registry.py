"""The registry: what a plugin registers with it, and the context that it gives."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from domain.accounts.users import Role
from domain.agents.agent import Agent
from domain.connected_accounts.account import KeyAccount
from domain.models.ports import ChatModel
from domain.monitoring.alerts import Alert, Severity
from domain.notifications.notices import Notice, NoticeType
from domain.plugins.guards import Block, GuardedMessage, GuardPoint
from domain.plugins.settings import CurrentSettings
from domain.policy.policy import Proposal
from domain.shared.errors import UnknownTool
from domain.tools.context import PluginContext
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.authoring.hookspecs import SUCCESSORS, hookimpl
from plugins.authoring.registry import Registry
from plugins.authoring.tool import FunctionTool, tool
from plugins.host.host import PluginHost
from plugins.host.live_tools import MOST_TOOLS
from tests.domain.builders import NOW
from tests.fakes.authorization_servers import an_oauth_account
from tests.fakes.models import FakeModel


def named(name: str) -> FunctionTool[[], str]:
    @tool(effect="read", name=name)
    def answer() -> str:
        """Answer."""
        return name

    return answer


def plugin(register: Any) -> SimpleNamespace:
    return SimpleNamespace(puerto_register=hookimpl(register))


def keeping(kept: list[Registry]) -> SimpleNamespace:
    """Return a plugin that keeps its registry."""

    def register(registry: Registry) -> None:
        kept.append(registry)

    return plugin(register)


def names(host: PluginHost) -> list[str]:
    return [each.spec.name for each in host.tools()]


async def test_everything_is_registered_by_one_hook_and_given_the_context() -> None:
    heard = list[tuple[str, str]]()

    async def figures(context: PluginContext) -> Mapping[str, float]:
        heard.append(("figures", context.plugin))
        return {"ones": 1.0}

    async def alerts(*, context: PluginContext) -> Sequence[Alert]:
        return [Alert(context.plugin, Severity.OK, "all is well")]

    async def veto(proposal: Proposal, context: PluginContext) -> str | None:
        return f"{context.plugin} forbids {proposal.tool}"

    async def observe(notice: Notice, context: PluginContext) -> None:
        heard.append((notice.type, context.plugin))

    @asynccontextmanager
    async def life(context: PluginContext) -> AsyncGenerator[None]:
        heard.append(("life", context.plugin))
        yield

    async def guard(message: GuardedMessage, context: PluginContext) -> Block:
        return Block(f"{context.plugin} blocks {message.text}")

    def model(context: PluginContext) -> ChatModel:
        heard.append(("model", context.plugin))
        return FakeModel()

    def register(registry: Registry) -> None:
        registry.add_tools(named("one"), named("two"))
        registry.add_chat_model("parrot", model, default_model="grey")
        registry.add_agents(Agent("clerk", "Writes.", "You write."))
        registry.add_figures(figures)
        registry.add_alerts(alerts)
        registry.add_veto(veto)
        registry.add_guard(guard, at="before_client", required=True)
        registry.add_observer(observe)
        registry.add_lifespan(life)
        assert registry.context.plugin == "all"

    host = PluginHost()
    info = host.register(plugin(register), "all")

    assert (info.state, info.reason, info.notes) == ("active", "", ())
    assert info.tools == ("one", "two")
    assert [each.value.name for each in host.agents()] == ["clerk"]
    [asked], [watched], [counted] = host.vetoes(), host.alerts(), host.figures()
    proposal = Proposal("one", Effect.READ, {}, "ada")
    assert await asked.value(proposal) == "all forbids one"
    [guarding] = host.guards()
    assert (guarding.value.at, guarding.value.is_required) == (GuardPoint.BEFORE_CLIENT, True)
    message = GuardedMessage(guarding.value.at, "it", "ada", "u", Role.USER, "c", "r")
    assert await guarding.value.function(message) == Block("all blocks it")
    assert [each.key for each in await watched.value()] == ["all"]
    assert await counted.value() == {"ones": 1.0}
    await host.observers()[0].value(Notice(NoticeType.RUN_COMPLETED, NOW, {}))
    async with host.lifespans()[0].value():
        pass
    host.chat_models()[0].value.factory()
    assert heard == [(what, "all") for what in ("figures", "run.completed", "life", "model")]


def test_what_was_made_with_settings_is_made_again_when_they_change() -> None:
    class Settings(BaseModel):
        url: str = "https://one.example"

    made = list[str]()

    @asynccontextmanager
    async def life() -> AsyncGenerator[None]:
        yield

    def model(context: PluginContext) -> ChatModel:
        made.append(context.settings(Settings).url)
        return FakeModel()

    def register(registry: Registry) -> None:
        registry.use_settings(Settings)
        registry.add_chat_model("parrot", model, default_model="grey")
        registry.add_lifespan(life)

    settings = CurrentSettings({})

    def context_of(plugin: str) -> PluginContext:
        return PluginContext(plugin=plugin, read_settings=lambda: settings.value(plugin))

    host = PluginHost(context_of=context_of, settings=settings)
    host.register(plugin(register), "crm")
    [before], [life_before] = host.chat_models(), host.lifespans()
    before.value.factory()
    host.register(keeping([]), "other")
    assert host.chat_models() == (before,)  # nothing has changed
    settings.take({"crm": {"url": "https://two.example"}})
    host.register(keeping([]), "another")
    [after], [life_after] = host.chat_models(), host.lifespans()
    assert after.value.factory is not before.value.factory
    assert life_after.value is not life_before.value
    after.value.factory()
    assert made == ["https://one.example", "https://two.example"]


async def test_a_tool_has_the_context_of_its_plugin(context: ToolContext) -> None:
    assert isinstance(context, PluginContext)


async def test_what_is_registered_with_a_deprecated_hook_works_and_is_noted() -> None:
    old = SimpleNamespace(
        **{
            name: hookimpl(lambda register, found=name: register(*_given(found), **_named(found)))
            for name in SUCCESSORS
        }
    )
    host = PluginHost()
    info = host.register(old, "old")
    assert (info.state, info.reason, info.tools) == ("active", "", ("one",))
    assert len(info.notes) == len(SUCCESSORS)
    assert all(
        any(name in note and f"registry.{new}" in note for note in info.notes)
        for name, new in SUCCESSORS.items()
    )
    offered = (host.figures, host.alerts, host.vetoes, host.observers, host.lifespans)
    assert all(len(each()) == 1 for each in (*offered, host.agents, host.chat_models))


def _given(hook: str) -> Sequence[Any]:
    async def nothing(*_: Any) -> None: ...

    given: dict[str, Sequence[Any]] = {
        "puerto_register_tools": [named("one")],
        "puerto_register_chat_models": ["parrot", FakeModel],
        "puerto_register_agents": [Agent("clerk", "Writes.", "You write.")],
        "puerto_register_lifespan": [lambda: None],
    }
    return given.get(hook, [nothing])


def _named(hook: str) -> Mapping[str, Any]:
    return {"default_model": "grey"} if hook == "puerto_register_chat_models" else {}


async def test_live_tools_come_and_go_by_their_source() -> None:
    kept = list[Registry]()

    def register(registry: Registry) -> None:
        registry.add_tools(named("fixed"))
        kept.append(registry)

    host = PluginHost()
    host.register(plugin(register), "bridge")
    [registry] = kept
    assert await registry.tools.replace("a", [named("a1"), named("a2")]) == []
    assert await registry.tools.replace("b", [named("b1"), named("a1"), named("fixed")]) == [
        "refused: tool 'a1' is registered twice",
        "refused: tool 'fixed' is registered twice",
    ]
    assert names(host) == ["a1", "a2", "b1", "fixed"]
    assert host.get("a1").spec.plugin == "bridge"
    [info] = host.plugins()
    assert "tool 'a1' is registered twice" in info.reason

    await registry.tools.replace("a", [named("a3")])
    await registry.tools.replace("b", [])
    assert names(host) == ["a3", "fixed"]
    with pytest.raises(UnknownTool):
        host.get("a1")
    assert host.plugins()[0].reason == ""


async def test_invalid_live_tools_are_refused_and_the_others_taken() -> None:
    kept = list[Registry]()
    host = PluginHost()
    host.register(keeping(kept), "bridge")
    given: Any = [named("good"), object(), *[named(f"t{n}") for n in range(2)]]
    [refusal] = await kept[0].tools.replace("s", given)
    assert "'object' is not a tool" in refusal
    assert names(host) == ["good", "t0", "t1"]


async def test_a_plugin_cannot_bring_more_tools_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plugins.host.live_tools.MOST_TOOLS", 3)
    kept = list[Registry]()
    host = PluginHost()
    host.register(keeping(kept), "bridge")
    refusals = await kept[0].tools.replace("s", [named(f"t{n}") for n in range(5)])
    assert (len(refusals), len(names(host))) == (2, 3)
    assert len(names(host)) < MOST_TOOLS


async def test_a_source_may_be_replaced_from_many_tasks_at_once() -> None:
    kept = list[Registry]()
    host = PluginHost()
    host.register(keeping(kept), "bridge")
    replacing = (kept[0].tools.replace(f"s{n}", [named(f"t{n}")]) for n in range(10))
    await asyncio.gather(*replacing)
    assert names(host) == [f"t{n}" for n in range(10)]


async def test_a_plugin_that_is_gone_offers_nothing_any_more() -> None:
    kept = list[Registry]()
    PluginHost().register(keeping(kept), "bridge")
    host = PluginHost()  # another one: for it the first plugin is no longer in use
    await kept[0].tools.replace("s", [named("late")])
    assert names(host) == []


def test_what_is_registered_after_the_hook_is_refused() -> None:
    kept = list[Registry]()
    host = PluginHost()
    host.register(keeping(kept), "keeper")
    with pytest.raises(RuntimeError, match=r"given to registry\.tools\.replace"):
        kept[0].add_tools(named("late"))
    assert names(host) == []


def test_accounts_are_offered_and_what_cannot_be_one_is_refused() -> None:
    crm, jira = KeyAccount(name="crm", title="CRM"), an_oauth_account()

    def register(registry: Registry) -> None:
        registry.add_account(crm)
        registry.add_account(jira)
        registry.add_account(KeyAccount(name="crm", title="Another"))
        registry.add_account("crm")  # type: ignore[arg-type]

    host = PluginHost()
    info = host.register(plugin(register), "tickets")
    assert [(each.plugin, each.value) for each in host.accounts()] == [
        ("tickets", crm),
        ("tickets", jira),
    ]
    assert "account 'crm' is registered twice" in info.reason
    assert "'str' is no OAuthAccount and no KeyAccount" in info.reason


def test_a_plugin_has_twenty_accounts_at_most() -> None:
    def register(registry: Registry) -> None:
        for number in range(21):
            registry.add_account(KeyAccount(name=f"a{number}", title="One of many"))

    host = PluginHost()
    info = host.register(plugin(register), "many")
    assert len(host.accounts()) == 20
    assert "account 'a20': a plugin can have 20" in info.reason


def test_an_account_that_cannot_work_says_why_in_the_list_of_plugins() -> None:
    def register(registry: Registry) -> None:
        registry.add_account(KeyAccount(name="My CRM", title="CRM"))

    info = PluginHost().register(plugin(register), "wrong")
    assert "account 'My CRM': a name is 1 to 64 lower-case letters" in info.reason

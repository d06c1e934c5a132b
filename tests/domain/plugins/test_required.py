"""Plugins that must be in use: without them only calls that read are made."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest

from domain.models.messages import Piece, Text, ToolRequest
from domain.plugins.guards import GuardedMessage, GuardOffer, GuardPoint
from domain.plugins.plugin import PluginInfo, PluginState, Registered
from domain.plugins.ports import Plugins
from domain.plugins.required import RequiredPlugins
from domain.policy.policy import Autonomy
from domain.runs.call_events import ToolErred, ToolStarted
from domain.tools.tool import Effect
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, build, kinds, last
from tests.fakes.extensions import FakeExtensions
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

WHY = "the required plugin rules is not there"


class Found:
    """Plugins as a host would tell of them."""

    def __init__(self, *plugins: PluginInfo) -> None:
        self.found = plugins

    def plugins(self) -> tuple[PluginInfo, ...]:
        return self.found


def info(name: str, state: PluginState = PluginState.ACTIVE, **more: Any) -> PluginInfo:
    return PluginInfo(name, "1", "", state, **more)


@pytest.mark.parametrize(
    ("found", "lacking"),
    [
        ((), WHY),
        ((info("other"),), WHY),
        (
            (info("rules", PluginState.QUARANTINED, reason="it could not start: no line"),),
            "the required plugin rules is quarantined: it could not start: no line",
        ),
        (
            (info("rules", PluginState.DISABLED, reason="switched off by an operator"),),
            "the required plugin rules is disabled: switched off by an operator",
        ),
        (
            (info("rules", reason="refused: a veto", is_whole=False),),
            "the required plugin rules is not whole: refused: a veto",
        ),
        ((info("rules", reason="tool 'x' is off: it requires KEY, not set"),), None),
        ((info("other", PluginState.BLOCKED), info("rules")), None),
    ],
)
async def test_what_is_lacking(
    found: tuple[PluginInfo, ...], lacking: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    plugins = Found(*found)
    required = RequiredPlugins(["rules"], cast("Plugins", plugins), FakeExtensions())
    assert required.lacking() == lacking
    await required.tell()
    await required.tell()
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * bool(lacking)
    plugins.found = (info("rules"),)
    await required.tell()
    assert len(caplog.records) == 2 * bool(lacking)
    assert RequiredPlugins([], cast("Plugins", Found()), FakeExtensions()).lacking() is None


async def passes(_message: GuardedMessage) -> None:
    return None


OFF = info("rules", PluginState.DISABLED, reason="switched off")


@pytest.mark.parametrize(
    ("guards", "then", "is_lacking"),
    [
        ([], OFF, False),  # it was in use here, and had none
        ([GuardOffer(GuardPoint.BEFORE_MODEL, passes)], OFF, False),
        ([GuardOffer(GuardPoint.BEFORE_CLIENT, passes, is_required=True)], OFF, True),
        ([], info("rules"), False),
    ],
)
async def test_which_plugin_may_lack_a_guard(
    guards: list[GuardOffer], then: PluginInfo, is_lacking: bool
) -> None:
    plugins, offered = Found(info("rules")), FakeExtensions()
    offered.the_guards += [Registered("rules", guard) for guard in guards]
    required = RequiredPlugins(["rules"], cast("Plugins", plugins), offered)
    await required.tell()
    assert required.lacking_guard() is None

    plugins.found = (then,)
    offered.the_guards.clear()
    await required.tell()

    assert (required.lacking_guard() is not None) is is_lacking


async def test_a_plugin_that_was_never_in_use_here_may_have_guards() -> None:
    required = RequiredPlugins(["rules"], cast("Plugins", Found(OFF)), FakeExtensions())
    await required.tell()

    assert required.lacking_guard() == "the required plugin rules is disabled: switched off"


@pytest.mark.parametrize("autonomy", [Autonomy.SEMI, Autonomy.FULL])
async def test_without_them_only_reads_are_made(autonomy: Autonomy) -> None:
    look, send = FakeTool("look"), FakeTool("send", Effect.WRITE)
    drop = FakeTool("drop", Effect.DESTRUCTIVE)
    requests = [ToolRequest(name, '{"q": 1}') for name in ("look", "send", "drop")]
    model = FakeModel([*requests, CALLS], [Text("All right."), STOP])
    house = build(model, look, send, drop, autonomy=autonomy, lacking=lambda: WHY)

    events = await house.say()

    assert (len(look.calls), send.calls, drop.calls) == (1, [], [])
    erred = [event.body for event in events if isinstance(event.body, ToolErred)]
    assert [(body.code, body.message) for body in erred] == [("VETOED", f"Not run: {WHY}")] * 2
    assert "consent_required" not in kinds(events)  # nobody is asked for what will not be done


async def test_without_them_no_interrupted_write_is_made_again() -> None:
    async def for_ever(_arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    request: list[Piece] = [ToolRequest("send", '{"q": 1}'), CALLS]
    tool = FakeTool("send", Effect.WRITE, for_ever, idempotent=True)
    died = build(FakeModel(request), tool, autonomy=Autonomy.FULL)
    started = await died.chat.send(ANN, "hi")
    await died.until(started.run_id, ToolStarted)
    await died.worker.stop(0)
    again = FakeTool("send", Effect.WRITE, idempotent=True)
    model = FakeModel([Text("done"), STOP])
    heir = build(model, again, store=died.store, lacking=lambda: WHY)
    await heir.worker.start()

    events = await heir.events(started.run_id)

    assert again.calls == []
    (erred,) = [event.body for event in events if isinstance(event.body, ToolErred)]
    assert (erred.code, erred.outcome) == ("OUTCOME_UNKNOWN", "unknown")
    assert len(last(events).effects) == 1
    await heir.worker.stop(0)

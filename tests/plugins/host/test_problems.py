"""What is wrong with plugins, one by one, and the timings of their parts."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from domain.plugins.plugin import PluginProblem, ProblemKind
from domain.plugins.switches import Switch, SwitchKind
from domain.plugins.timings import CallTimes
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.authoring.tool import tool
from plugins.host.host import PluginHost

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@tool(effect="read")
async def look() -> str:
    """Look."""
    return "seen"


async def veto(_proposal: object) -> None:
    raise ValueError("no")


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register a tool and a veto."""
    registry.add_tools(look)
    registry.add_veto(veto)


def hosting() -> PluginHost:
    host = PluginHost()
    host.discover()  # the switches are applied to what is known by then
    host.register(SimpleNamespace(puerto_register=puerto_register), "desk")
    return host


def test_a_quarantined_tool_says_how_often_and_since_when() -> None:
    host = hosting()
    switch = Switch(is_on=False, reason="blocks", plugin="desk", tries=3, since=NOW)
    host.set_aside(SwitchKind.TOOL, "look", switch)
    [info] = [each for each in host.plugins() if each.name == "desk"]
    [problem] = info.problems
    line = look.function.__code__.co_firstlineno
    assert (problem.kind, problem.where) == (ProblemKind.QUARANTINED, f"{__file__}:{line}")
    assert (problem.count, problem.since) == (3, NOW)
    assert problem.remedy == "`puerto plugin reload desk` lifts it"
    assert info.reason == problem.words
    [brought] = host.contents("desk").tools
    assert (brought.is_on, brought.reason) == (False, host.why_off("look"))


def test_a_quarantined_plugin_says_how_often_and_since_when() -> None:
    host = hosting()
    switch = Switch(is_on=False, reason="blocks", plugin="desk", tries=2, since=NOW)
    host.set_aside(SwitchKind.PLUGIN, "desk", switch)
    [info] = [each for each in host.plugins() if each.name == "desk"]
    assert info.problems == (
        PluginProblem(
            ProblemKind.QUARANTINED,
            info.reason,
            since=NOW,
            count=2,
            remedy="`puerto plugin reload desk` lifts it",
        ),
    )
    assert host.contents("desk").tools == ()


async def test_calls_that_fail_are_timed_too() -> None:
    host = hosting()
    [listed] = host.contents("desk").functions
    assert (listed.name, listed.calls.count) == ("veto", 0)
    [registered] = [each for each in host.vetoes() if each.plugin == "desk"]
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            await registered.value(None)  # type: ignore[arg-type]  # it looks at none
    assert listed.calls.count == 2
    assert listed.calls.slowest >= listed.calls.last > 0


def test_what_is_counted_of_calls() -> None:
    calls = CallTimes()
    assert calls.mean == 0
    for seconds in (1.0, 5.0, 3.0):
        calls.note(seconds)
    assert (calls.count, calls.mean, calls.slowest, calls.last) == (3, 3.0, 5.0, 3.0)

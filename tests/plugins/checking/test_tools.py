"""What is said of tools before and while they run."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from adapters.llm.tool_schemas import CompiledToolSchemas
from domain.tools.tool import Effect
from plugins.authoring.registry import Registry
from plugins.checking.effects import suspected
from plugins.checking.findings import Finding, Level
from plugins.checking.loading import CheckedPlugin, load_for_check
from plugins.checking.samples import read_samples
from plugins.checking.tools import check_tool
from plugins.checking.trials import Trials
from plugins.host.candidates import Candidate
from puerto import Artifact, FunctionTool, ToolContext, hookimpl, tool

SCHEMAS = CompiledToolSchemas()


class Plugin:
    """A plugin with these tools, and samples for them."""

    def __init__(self, *tools: FunctionTool[..., Any], **samples: Any) -> None:
        self.tools = tools
        self.PUERTO_CHECK = samples

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        registry.add_tools(*self.tools)

    def loaded(self) -> CheckedPlugin:
        return load_for_check(Candidate("mine", lambda: self, module=__name__), [], 5)


def tried(*tools: FunctionTool[..., Any], **samples: Any) -> list[Finding]:
    """Return what is found when the tools are run."""
    plugin = Plugin(*tools, **samples)
    loaded = plugin.loaded()
    assert loaded.offer is not None
    checked, wrong = read_samples(plugin, loaded.offer.tools)
    return wrong + Trials(loaded, []).run(checked)


def kinds(findings: list[Finding]) -> list[tuple[Level, str]]:
    return [(finding.level, finding.rule) for finding in findings]


def test_a_tool_that_asks_its_user_is_tried_until_then() -> None:
    @tool(effect="read")
    async def greet(context: ToolContext) -> str:
        """Greet somebody."""
        return await context.ask(str, "Whom?")

    (finding, *_) = tried(greet, greet=[{}])
    assert (finding.level, finding.rule) == (Level.NOTE, "trial")
    assert "until it asked its user" in finding.message


@pytest.mark.parametrize(
    ("name", "effect", "expected"),
    [
        ("delete_customer", "read", ("delete", "destructive")),
        ("delete_customer", "write", ("delete", "destructive")),
        ("delete_customer", "destructive", None),
        ("crm_remove-customer", "read", ("remove", "destructive")),
        ("sendMail", "read", ("send", "write")),
        ("send_mail", "write", None),
        ("list_deleted_items", "read", None),
        ("get_start_time", "read", None),
        ("weather", "read", None),
    ],
)
def test_a_name_that_says_more_than_the_effect(
    name: str, effect: str, expected: tuple[str, str] | None
) -> None:
    assert suspected(name, Effect(effect)) == expected


class Inner(BaseModel):
    size: int


def test_a_careless_tool() -> None:
    @tool(effect="read", timeout=7200)
    def delete_all(inner: Inner, path: str) -> None:
        """Go."""

    found = check_tool(delete_all, SCHEMAS)
    assert {(each.level.value, each.rule, each.message.partition(":")[0]) for each in found} >= {
        ("warning", "docstring", "the description is only 'Go.'"),
        ("warning", "docstring", "the docstring does not say what 'inner', 'path' means"),
        ("note", "docstring", "nothing says what 'inner.size' means"),
        ("warning", "effect", "the name says 'delete', the effect says 'read'"),
        ("warning", "timeout", "its timeout is 7200 s"),
    }
    [line] = {each.place.line for each in found}
    assert found[0].place.file == __file__
    assert line == delete_all.function.__code__.co_firstlineno


def test_what_providers_are_not_told() -> None:
    @tool(effect="read")
    def measure(length: int = 5) -> None:
        """Measure the length of something.

        Args:
            length: how long it is.

        """

    [loss] = check_tool(measure, SCHEMAS)
    assert (loss.level, loss.rule) == (Level.NOTE, "schema")
    assert loss.message == ("to openai-strict, google: default of length: moved to the description")


def test_a_deaf_thread() -> None:
    @tool(effect="read", timeout=300)
    def crunch() -> None:
        """Crunch numbers for as long as it takes."""

    @tool(effect="read", timeout=300)
    def listen(context: ToolContext) -> None:
        """Crunch numbers for as long as somebody waits."""
        context.cancelled.wait(1)

    assert kinds(check_tool(crunch, SCHEMAS)) == [(Level.NOTE, "cancellation")]

    @tool(effect="read", timeout=300)
    async def flow() -> AsyncIterator[str]:
        """Crunch numbers, one after the other."""
        yield "1"

    assert check_tool(listen, SCHEMAS) == []
    assert check_tool(flow, SCHEMAS) == []


@tool(effect="read")
async def fine(word: str = "x") -> str:
    """Say a word."""
    await asyncio.sleep(0)
    return word


@tool(effect="read")
async def blocks() -> str:
    """Hold up the loop."""
    time.sleep(0.5)  # noqa: ASYNC251  what is to be found
    return ""


@tool(effect="read", requires=["MY_TOKEN"])
async def leaks(context: ToolContext) -> dict[str, Any]:
    """Give away the token in each way there is."""
    token = context.secrets["MY_TOKEN"]
    logging.getLogger("mine").debug("with %s", token)
    await context.progress(token)
    return {"file": Artifact(token.encode(), "text/plain", "token.txt")}


@tool(effect="read", requires=["MY_TOKEN"])
async def discreet(context: ToolContext) -> str:
    """Use the token, and keep it."""
    return str(len(context.secrets["MY_TOKEN"]))


class Settings(BaseModel):
    """Settings, one of them secret."""

    token: SecretStr
    prefix: str = "it is "


@tool(effect="read")
async def spills(context: ToolContext) -> str:
    """Give away a secret setting."""
    settings = context.settings(Settings)
    return settings.prefix + settings.token.get_secret_value()


def test_settings_are_given_to_a_trial_and_secret_ones_must_not_come_out() -> None:
    class Configured(Plugin):
        @hookimpl
        def puerto_register(self, registry: Registry) -> None:
            registry.use_settings(Settings)
            registry.add_tools(spills)

    plugin = Configured(spills, spills={})
    loaded = plugin.loaded()
    assert loaded.offer is not None
    samples, _ = read_samples(plugin, loaded.offer.tools)
    (finding,) = Trials(loaded, []).run(samples)
    assert (finding.level, finding.rule) == (Level.ERROR, "secret")
    assert finding.message == "its result holds the value of MINE_TOKEN"


@tool(effect="read")
async def stubborn() -> str:
    """Take no notice of a cancel."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0.2)
    return ""


@tool(effect="read")
async def asks(context: ToolContext) -> str:
    """Ask the network."""
    return str(await context.http.get("https://example.org"))


@tool(effect="read")
async def odd() -> object:
    """Return what is no JSON."""
    return object()


@tool(effect="read")
async def long() -> str:
    """Return too much."""
    return "x" * 40_000


@tool(effect="read")
async def fails() -> str:
    """Divide by zero."""
    return str(1 / 0)


@tool(effect="write")
async def writes() -> str:
    """Change something."""
    raise AssertionError("nobody runs what writes")


@tool(effect="read")
async def needs(word: str) -> str:
    """Need an argument."""
    return word


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (fine, []),
        (blocks, [(Level.ERROR, "blocking")]),
        (leaks, [(Level.ERROR, "secret")] * 3),
        (discreet, []),
        (stubborn, [(Level.WARNING, "cancellation")]),
        (asks, [(Level.NOTE, "trial")]),
        (odd, [(Level.ERROR, "result")]),
        (long, [(Level.WARNING, "result")]),
        (fails, [(Level.WARNING, "result")]),
        (writes, [(Level.NOTE, "trial")]),
        (needs, [(Level.NOTE, "trial")]),
    ],
    ids=lambda value: value.spec.name if isinstance(value, FunctionTool) else "",
)
def test_trials(one: FunctionTool[..., Any], expected: list[tuple[Level, str]]) -> None:
    found = tried(one)
    assert kinds(found) == expected
    assert {each.subject for each in found} <= {one.spec.name}


def test_a_blocking_call_is_named_with_its_line() -> None:
    [found] = tried(blocks)
    assert found.place.file == __file__
    assert found.place.line == blocks.function.__code__.co_firstlineno + 3


def test_samples() -> None:
    found = tried(fine, needs, fine=[{"word": "a"}, {"word": 5}], needs={"word": "b"}, nobody={})
    assert [(each.rule, each.subject) for each in found] == [
        ("sample", "nobody"),
        ("sample", "fine"),
    ]
    assert "word" in found[1].message


class Odd(Plugin):
    """A plugin whose veto cannot be awaited."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        not_async: Any = lambda _proposal: None  # noqa: E731  as an author might write it
        registry.add_veto(not_async)
        registry.add_veto(self.veto)

    async def veto(self, _proposal: Any) -> None: ...


def test_what_is_registered_must_be_async() -> None:
    [found] = Odd().loaded().findings
    assert (found.level, found.rule) == (Level.ERROR, "refused")  # as in the service
    assert found.message == "a veto, '<lambda>': it is not async; write it as `async def`"


def test_what_is_refused() -> None:
    findings = Plugin(fine, fine).loaded().findings
    assert [each.message for each in findings] == ["tool 'fine' is registered twice"]

"""Tools that misuse what a call is given: each ends with a reason, and the service goes on."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, create_model

from domain.shared.errors import ToolFailed
from domain.tools.tool import Effect, Tool, ToolSpec
from domain.tools.tool_context import ToolContext
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.authoring.tool import tool
from tests.entrypoints.http.conftest import Client, Installation
from tests.entrypoints.http.ledger import EXECUTE
from tests.fakes.oddities import Mute

pytestmark = pytest.mark.one_engine  # nothing here hangs on the database

KEPT: list[Registry] = []
PATIENCE = 60.0  # seconds for a call: far beyond what any of them takes


class Answer(BaseModel):
    """What is asked for."""

    size: int


class Secretive(BaseModel):
    """What nobody may ask for."""

    token: SecretStr


FIELDS: dict[str, Any] = {f"field_{n}": (int, ...) for n in range(1_000)}
HUGE = create_model("Huge", **FIELDS)


async def replace_endlessly(_context: ToolContext) -> Any:
    return await KEPT[0].tools.replace("odd", itertools.repeat(None))  # type: ignore[arg-type]  # the mistake


async def replace_nothing(_context: ToolContext) -> Any:
    return await KEPT[0].tools.replace("odd", 5)  # type: ignore[arg-type]  # the mistake


async def register_late(_context: ToolContext) -> Any:
    KEPT[0].add_tools()
    KEPT[0].add_veto(register_late)  # type: ignore[arg-type]  # it is too late for any


async def cancel_itself(_context: ToolContext) -> Any:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def call_itself(context: ToolContext) -> Any:
    return await context.call_tool("call_itself", {})


async def log_oddly(context: ToolContext) -> Any:
    context.log.warning("%s", Mute())


async def ask_for_ever(context: ToolContext) -> Any:
    """Ask what cannot be asked until it can."""
    while True:
        try:
            return await context.ask(Answer, "")
        except Exception:  # noqa: BLE001  as an author may write it
            continue


MISUSES: dict[str, tuple[Callable[[Any], Awaitable[Any]], str]] = {
    "asks nothing": (lambda c: c.ask(Answer, ""), "The question has 1 to 2,000 characters"),
    "asks mutely": (lambda c: c.ask(Answer, Mute()), "SystemExit: 1"),
    "asks a secret": (lambda c: c.ask(Secretive, "Token?"), "cannot ask its user for a secret"),
    "asks for no type": (lambda c: c.ask(5, "What?"), "There is no form for 5"),
    "asks for much": (lambda c: c.ask(HUGE, "All?"), "more than 20,000 characters"),
    "asks for ever": (ask_for_ever, "did not answer within 0.3 seconds"),
    "odd account": (lambda c: c.credentials([]), "unhashable"),
    "no account": (lambda c: c.credentials("x"), "has no account 'x'"),
    "a number for a prompt": (lambda c: c.ask_model(5), "TypeError"),
    "a long prompt": (lambda c: c.ask_model("x" * 10**6), "at most 200,000 characters"),
    "calls itself": (call_itself, "deep by now"),
    "calls a list": (lambda c: c.call_tool([], {}), "unhashable"),
    "calls with a number": (lambda c: c.call_tool("calculator", 5), "cannot be checked"),
    "calls with a mute": (
        lambda c: c.call_tool("calculator", {"expression": Mute()}),
        "cannot be checked",
    ),
    "stores much": (lambda c: c.storage.set("a", "x" * 10**6), "larger than 64,000"),
    "stores an object": (lambda c: c.storage.set("a", {"b": object()}), "no JSON value"),
    "stores under a number": (lambda c: c.storage.set(5, 5), "a key is text, not a int"),
    "has no settings": (lambda c: c.settings(Answer), "has no settings of the class Answer"),
    "odd progress": (lambda c: c.progress(Mute(), "half"), "SystemExit: 1"),
    "an odd line": (log_oddly, "SystemExit: 1"),
    "cancels itself": (cancel_itself, "it cancelled itself"),
    "replaces endlessly": (replace_endlessly, ""),
    "replaces nothing": (replace_nothing, "not iterable"),
    "registers late": (register_late, "puerto_register has returned"),
}


class Misuse:
    """A tool that does one of these."""

    def __init__(self, name: str, work: Callable[[Any], Awaitable[Any]]) -> None:
        timeout = 0.3 if work is ask_for_ever else 30.0
        schema = {"type": "object"}
        self.spec = ToolSpec(name, "Misuse the context.", schema, Effect.READ, timeout=timeout)
        self._work = work

    def check(self, arguments: Any) -> Any:
        return dict(arguments)

    async def run(self, _arguments: Any, context: ToolContext) -> Any:
        return await self._work(context)


@tool(effect="read")
async def yield_for_ever() -> AsyncIterator[str]:
    """Yield, and never wait."""
    while True:
        yield ""


@tool(effect="read")
async def yield_garbage() -> AsyncIterator[Any]:
    """Yield what has no form."""
    yield b"\xff"
    yield Mute()


@tool(effect="read")
async def yield_at_the_end() -> AsyncGenerator[str, None]:
    """Yield where a generator is closed."""
    try:
        yield "a"
        raise KeyError("gone")
    finally:
        yield "b"
        raise SystemExit(3)


@tool(effect="read", timeout=0.2)
async def yield_when_told_to_stop() -> AsyncGenerator[str, None]:
    """Ignore the end."""
    try:
        yield "a"
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        yield "b"


@tool(effect="read")
async def fail_oddly() -> str:
    """Fail with what is no error's."""
    odd: Any = ["perhaps"]
    raise ToolFailed("no", code=odd, retryable=odd, details={"value": object(), "more": {1}})


STREAMS: list[tuple[Tool, str]] = [
    (yield_for_ever, ""),
    (yield_garbage, "not a JSON value"),
    (yield_at_the_end, ""),
    (yield_when_told_to_stop, ""),
    (fail_oddly, "no"),
]


class Rude:
    """The plugin of all these."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        KEPT[:] = [registry]
        for kind, (work, _) in MISUSES.items():
            registry.add_tools(Misuse(kind.replace(" ", "_"), work))
        registry.add_tools(Misuse("call_itself", call_itself), *(each for each, _ in STREAMS))


async def called(client: Client, name: str) -> str:
    async with asyncio.timeout(PATIENCE):
        response = await client.send("POST", EXECUTE, {"tool": name, "parameters": {}})
        return await response.get_data(as_text=True)


async def test_each_call_ends_with_its_reason_and_nothing_else_ends(
    installation: Installation, ada: Client, admin: Client, subtests: pytest.Subtests
) -> None:
    installation.services.toolbox.register(Rude(), "rude")  # type: ignore[attr-defined]  # the host
    expected = {kind.replace(" ", "_"): words for kind, (_, words) in MISUSES.items()}
    expected |= {each.spec.name: words for each, words in STREAMS}
    for name, words in expected.items():
        with subtests.test(name):
            text = await called(ada, name)
            assert words in text
            assert "traceback" not in text.lower()
            assert len(text) < 200_000
    sum_up = {"tool": "calculator", "parameters": {"expression": "1 + 1"}}
    assert (await ada.json("POST", EXECUTE, sum_up))["result"]
    runs = (await ada.get("/api/runs?limit=100"))["runs"]
    assert len(runs) == len(expected) + 1
    assert {run["status"] for run in runs} <= {"completed", "failed"}
    (rude,) = [
        each for each in (await admin.get("/api/plugins"))["plugins"] if each["name"] == "rude"
    ]
    assert rude["state"] == "active"
    assert "is not a tool" in rude["reason"]

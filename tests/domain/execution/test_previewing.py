"""The preview of a call on its way from the tool to the person who is asked."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from typing_extensions import override

from domain.connected_accounts.account import KeyAccount
from domain.execution.results import Results
from domain.execution.steps import previewing
from domain.execution.steps.previewing import Previews
from domain.execution.tool_caller import ToolCaller
from domain.models.messages import ToolRequest
from domain.plugins.incidents import PluginPart
from domain.runs.call_events import ConsentRequested
from domain.runs.run import Call
from domain.shared.errors import ToolFailed, ToolRefused
from domain.tools.context import PluginContexts
from domain.tools.http import HttpClient, HttpClients
from domain.tools.preview import Preview
from domain.tools.storage import MemoryValues
from domain.tools.tool import Effect, Previewed
from domain.tools.tool_context import ToolContext
from tests.domain.builders import ANN, NOW, run_of
from tests.domain.house import CALLS, build
from tests.fakes.authorization_servers import inputs_over
from tests.fakes.clock import FakeClock
from tests.fakes.models import FakeModel
from tests.fakes.persistence import FakeStore
from tests.fakes.tools import FakeTool, FakeToolbox, tool_selector_of

CALL = Call("c1", "look", {"q": 1}, Effect.WRITE, "v1")


CRM = KeyAccount(name="crm", title="The CRM")


class Shown(FakeTool, Previewed):
    """A tool whose preview a test gives."""

    previews: Any = None

    @override
    async def preview(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> Preview | str | None:
        shown: Preview | str | None = await self.previews(arguments, context)
        return shown


class Web(HttpClients, HttpClient):
    """A network that answers everything with the method."""

    @override
    def of(self, plugin: str) -> HttpClient:
        return self

    @override
    async def close(self) -> None:
        pass

    @override
    async def request(self, method: str, url: str, **options: Any) -> Any:
        return method

    @override
    def stream(self, method: str, url: str, **options: Any) -> AbstractAsyncContextManager[Any]:
        raise AssertionError("nobody streams")


class Stage:
    """Previews of one tool, and the incidents that they cause."""

    def __init__(self, previews: Any) -> None:
        self.incidents: list[tuple[str, PluginPart, BaseException]] = []
        tool = Shown("look", Effect.WRITE, requires=("CRM_TOKEN",))
        tool.previews = previews
        toolbox, store = FakeToolbox(tool), FakeStore()
        caller = ToolCaller(
            store.conversations,
            Results(store.artifacts, FakeClock(NOW)),
            PluginContexts(Web(), FakeClock(NOW), MemoryValues()),
            {"CRM_TOKEN": "s3cr3t-value"},
            tool_selector_of(toolbox),
            inputs_over(store, FakeClock(NOW), CRM),
        )
        self._previews = Previews(toolbox, caller, self._tell)

    def _tell(
        self, plugin: str, part: PluginPart, error: BaseException, function: object = None
    ) -> None:
        assert function is None
        self.incidents.append((plugin, part, error))

    async def preview(self) -> Preview | None:
        return await self._previews.of(CALL, run_of(), ANN)


async def test_a_preview_sees_arguments_and_context_and_hides_secrets() -> None:
    async def previews(arguments: Mapping[str, Any], context: ToolContext) -> Preview:
        text = f"{arguments['q']} for {context.user.username} by {context.secrets['CRM_TOKEN']}"
        context.report_progress("nobody sees this")
        return Preview("Look", text)

    stage = Stage(previews)
    assert await stage.preview() == Preview("Look", f"1 for {ANN.username} by ***", details=())
    assert stage.incidents == []


async def test_a_preview_only_reads() -> None:
    refused = list[str]()

    async def previews(_arguments: Mapping[str, Any], context: ToolContext) -> Preview:
        for send in (context.http.post, context.http.put, context.http.patch, context.http.delete):
            with pytest.raises(ToolRefused, match="only reads"):
                await send("https://crm.example")
            refused.append(send.__name__)
        with pytest.raises(ToolRefused, match="only reads"):
            context.http.stream("POST", "https://crm.example")
        return Preview(
            await context.http.get("https://crm.example"),
            await context.http.head("https://crm.example"),
        )

    assert await Stage(previews).preview() == Preview("GET", "HEAD", details=())
    assert refused == ["post", "put", "patch", "delete"]


@pytest.mark.parametrize(
    "use",
    [
        lambda context: context.ask(int, "How many?"),
        lambda context: context.ask_model("How many?"),
        lambda context: context.call_tool("look", {}),
    ],
    ids=["ask", "ask_model", "call_tool"],
)
async def test_a_preview_asks_nobody_and_calls_nothing(use: Any) -> None:
    async def previews(_arguments: Mapping[str, Any], context: ToolContext) -> Any:
        await use(context)
        raise AssertionError("it came back")

    stage = Stage(previews)
    assert await stage.preview() is None
    ((_, _, error),) = stage.incidents
    assert isinstance(error, ToolRefused)


async def test_who_is_asked_sees_what_a_preview_says_is_wrong() -> None:
    async def previews(_arguments: Mapping[str, Any], context: ToolContext) -> Any:
        raise ToolFailed(f"{context.secrets['CRM_TOKEN']} opens no ticket.", code="NO_TICKET")

    async def previews_of_an_account(_arguments: Mapping[str, Any], context: ToolContext) -> Any:
        await context.credentials("crm")

    stage = Stage(previews)
    assert await stage.preview() == Preview("No preview: *** opens no ticket.")
    assert stage.incidents == []
    stage = Stage(previews_of_an_account)
    shown = await stage.preview()
    assert shown is not None
    assert shown.what.startswith("No preview: No account of The CRM is connected.")
    assert stage.incidents == []


async def test_a_preview_that_fails_is_an_incident_and_no_more() -> None:
    async def previews(_arguments: Mapping[str, Any], _context: ToolContext) -> Any:
        return 7

    stage = Stage(previews)
    assert await stage.preview() is None
    ((plugin, part, error),) = stage.incidents
    assert (plugin, part) == ("fake", "tool")
    assert "not a int" in str(error)


async def test_a_preview_that_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "PREVIEW_SECONDS", 0.01)
    contexts = list[ToolContext]()

    async def previews(_arguments: Mapping[str, Any], context: ToolContext) -> Any:
        contexts.append(context)
        await asyncio.Event().wait()

    stage = Stage(previews)
    assert await stage.preview() is None
    assert contexts[0].cancelled.is_set()
    assert len(stage.incidents) == 1


async def test_a_tool_that_is_gone_or_has_no_preview_is_shown_without_one() -> None:
    none = FakeToolbox(FakeTool("look", Effect.WRITE))
    for toolbox in (none, FakeToolbox()):
        previews = Previews(toolbox, None, lambda *_: None)  # type: ignore[arg-type]  # not asked
        assert await previews.of(CALL, run_of(), ANN) is None


async def test_the_request_has_the_lines_and_one_line_of_all() -> None:
    async def previews(arguments: Mapping[str, Any], _context: ToolContext) -> Preview:
        return Preview("Look", f"at {arguments['q']}", reversible=False)

    tool = Shown("look", Effect.WRITE)
    tool.previews = previews
    model = FakeModel([ToolRequest("look", '{"q": 1}'), CALLS])
    house = build(model, tool)
    started = await house.chat.send(ANN, "hi")
    asked = await house.until(started.run_id, ConsentRequested)
    (request,) = (e.body for e in asked if isinstance(e.body, ConsentRequested))
    assert request.preview == "Look at 1 (cannot be undone): look(q=1)"
    lines = (
        {"kind": "what", "text": "Look"},
        {"kind": "target", "text": "at 1"},
        {"kind": "reversible", "text": "cannot be undone"},
    )
    assert request.preview_lines == lines
    kept = await house.consent_service.get(ANN, request.request_id)
    assert kept.preview_lines == lines

"""Whatever a plugin hands over or raises: the run ends, and the service goes on."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from domain.models.messages import ModelRequest, Piece, Reasoning, Stop, Text, ToolRequest, Usage
from domain.monitoring.alerts import Alert, Severity
from domain.monitoring.collector import Collector
from domain.plugins.lifespans import Lifespans
from domain.plugins.plugin import Registered
from domain.shared.errors import InvalidArguments, ProviderError, ProviderReason, ToolFailed
from domain.tools.tool import Effect, ToolSpec
from domain.tools.tool_context import ToolContext
from plugins.authoring.hookspecs import hookimpl
from tests.entrypoints.http.conftest import Client, Installation
from tests.entrypoints.http.faces import Odd, look_at_it, look_at_lists, stream_of
from tests.fakes.clock import FakeClock
from tests.fakes.oddities import ODD_ERRORS, ODD_VALUES

pytestmark = pytest.mark.one_engine  # values are stored on both by test_any_value

NAMES = list(ODD_VALUES)
# Some stand in the short tests, where each costs some twenty turns; a result of each
# value is in those of test_any_value.
SHORT = {"unstorable", "huge text", "looped", "iterator"}
EACH = [pytest.param(name, marks=[] if name in SHORT else pytest.mark.long) for name in NAMES]
WRITE = ToolSpec("give", "Give something.", {"type": "object"}, Effect.WRITE)


class OwnError(ToolFailed):
    """An error of a plugin's own, which fills nothing of what it should."""

    code = object()  # type: ignore[assignment]  # as a plugin may have it

    def __init__(self, message: Any, details: Any) -> None:
        Exception.__init__(self)
        self.message, self.details = message, details


class Hostile(Odd):
    """A plugin whose every part does as a test says."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.checks: Any = dict
        self.previews: Any = lambda: ""
        self.says_no: Any = lambda: None
        self.pieces: Any = None
        self.hears: Any = lambda: None
        self.guards: Any = lambda: None

    def check(self, arguments: Any) -> Any:
        return self.checks(arguments)

    def preview(self, _arguments: Mapping[str, Any]) -> Any:
        return self.previews()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        if self.pieces is None:
            async for piece in super().stream(request):
                yield piece
        else:
            for piece in self.pieces():
                yield piece

    @hookimpl
    def puerto_register(self, registry: Any) -> None:
        super().puerto_register(registry)

        async def veto(_proposal: Any) -> Any:
            return self.says_no()

        registry.add_veto(veto)

        async def observe(_notice: Any) -> Any:
            return self.hears()

        registry.add_observer(observe)

        async def guard(_message: Any) -> Any:
            return self.guards()

        registry.add_guard(guard, at="before_model")


@pytest.fixture
def plugin(installation: Installation) -> Hostile:
    made = Hostile()
    installation.services.toolbox.register(made, "odd")  # type: ignore[attr-defined]  # the host
    return made


def raising(make: Any) -> Any:
    """Return a function that raises what ``make`` makes, whatever it is called with."""

    def work(*_what: Any) -> Any:
        raise make()

    return work


async def goes_on(installation: Installation, client: Client) -> list[dict[str, Any]]:
    """Have a turn, which ends, and see that it can be seen. The lists come when all are over."""
    events = await stream_of(client, {"message": "go"})
    assert events[-1]["type"] == "done", events
    assert events[-1]["status"] in {"completed", "failed"}
    place = (events[0]["run_id"], events[0]["conversation_id"])
    stored, _ = await look_at_it(installation, client, *place)
    assert stored == events
    return events


@pytest.mark.parametrize("number", range(len(ODD_ERRORS)))
async def test_whatever_is_raised(
    installation: Installation, ada: Client, admin: Client, plugin: Hostile, number: int
) -> None:
    make = ODD_ERRORS[number]
    places = {
        "raises": make(),
        "checks": raising(make),
        "says_no": raising(make),
        "hears": raising(make),
        "guards": raising(make),
        "pieces": raising(make),
    }
    for place, what in places.items():
        before = getattr(plugin, place)
        setattr(plugin, place, what)
        await goes_on(installation, ada)
        setattr(plugin, place, before)
    assert (await goes_on(installation, ada))[-1]["status"] == "completed"
    await look_at_lists(ada, admin)


@pytest.mark.parametrize("name", EACH)
async def test_whatever_is_in_an_error(
    installation: Installation, ada: Client, admin: Client, plugin: Hostile, name: str
) -> None:
    for error in (
        ToolFailed("no", details={"value": ODD_VALUES[name](), "more": [ODD_VALUES[name]()]}),
        ToolFailed(ODD_VALUES[name]()),
        OwnError(ODD_VALUES[name](), ODD_VALUES[name]()),
    ):
        plugin.raises = error
        events = await goes_on(installation, ada)
        (result,) = [event for event in events if event["type"] == "tool_result"]
        assert len(str(result)) < 200_000
    invalid = InvalidArguments("no")
    invalid.details = {"value": ODD_VALUES[name]()}
    plugin.raises, plugin.checks = None, raising(lambda: invalid)
    await goes_on(installation, ada)
    body = {"tool": "give", "parameters": {}}
    assert (await ada.send("POST", "/api/tools/execute", body)).status_code == 400
    await look_at_lists(ada, admin)


@pytest.mark.parametrize("name", EACH)
async def test_whatever_is_handed_over(
    installation: Installation, ada: Client, admin: Client, plugin: Hostile, name: str
) -> None:
    def value() -> Any:
        return ODD_VALUES[name]()

    def failing() -> Any:
        raise ProviderError(value(), provider=value(), reason=value())

    def failing_late() -> Any:
        error = ProviderError("x", provider="odd", reason=ProviderReason.OVERLOADED)
        error.retry_after, error.details = value(), value()
        raise error

    for pieces in (
        lambda: [Text(value()), Stop()],
        lambda: [Reasoning(value()), Stop()],
        lambda: [ToolRequest("give", value()), Stop()],
        lambda: [ToolRequest(value(), "{}"), Stop()],
        lambda: [Text("a"), Stop(value())],
        lambda: [Text("a"), Stop(usage=value())],
        lambda: [Text("a"), Stop(usage=Usage(value(), value(), value()))],
        lambda: [Text("a"), Stop(memento=value())],
        lambda: [Text("a"), value(), Stop()],
        lambda: [value()],
        failing,
        failing_late,
    ):
        plugin.pieces = pieces
        await goes_on(installation, ada)
    plugin.pieces = None
    for place in ("checks", "says_no", "hears", "guards"):
        before = getattr(plugin, place)
        setattr(plugin, place, lambda *_: value())
        await goes_on(installation, ada)
        setattr(plugin, place, before)
    await look_at_lists(ada, admin)


async def asked(client: Client) -> dict[str, Any]:
    """Return what a person is asked about the one call of a turn, and say no."""
    told = await client.json("POST", "/api/chat", {"message": "go", "provider": "odd"})
    request: dict[str, Any] = told["requires_consent"]
    body = {"consent_request_id": request["id"], "approved": False}
    await client.json("POST", "/api/chat/consent", body)
    return request


async def test_whatever_a_preview_does(installation: Installation, ada: Client) -> None:
    plugin = Hostile(spec=WRITE)
    installation.services.toolbox.register(plugin, "odd")  # type: ignore[attr-defined]  # the host

    async def later() -> str:
        return "later"

    plugin.previews = later
    assert (await asked(ada))["preview"] == "later: give()"
    for make in ODD_ERRORS:
        plugin.previews = raising(make)
        assert (await asked(ada))["preview"] == "give()"
    for name in NAMES:
        plugin.previews = ODD_VALUES[name]
        assert len((await asked(ada))["preview"]) <= 500
    plugin.previews = lambda: "GET  /x\0"
    assert (await asked(ada))["preview"] == "GET /x\ufffd: give()"


async def test_whatever_makes_a_model(installation: Installation, ada: Client) -> None:
    makers = [raising(make) for make in ODD_ERRORS] + [ODD_VALUES[name] for name in NAMES]

    class Makes:
        @hookimpl
        def puerto_register(self, registry: Any) -> None:
            for number, make in enumerate(makers):
                registry.add_chat_model(f"made-{number}", make, default_model="m")

    installation.services.toolbox.register(Makes(), "makes")  # type: ignore[attr-defined]  # the host
    for number in range(len(makers)):
        body = {"message": "go", "provider": f"made-{number}"}
        error = await ada.error("POST", "/api/chat", 409, "CONFLICT", body)
        assert "cannot be made" in error["message"]


class Sources:
    """What plugins count and watch."""

    def __init__(self, work: Any) -> None:
        async def ask() -> Any:
            return work()

        self._ask = ask

    def figures(self) -> Any:
        return [Registered("odd", self._ask)]

    alerts = figures


async def test_whatever_is_counted_or_watched(installation: Installation, admin: Client) -> None:
    works = [raising(make) for make in ODD_ERRORS]
    works += [ODD_VALUES[name] for name in NAMES]
    works += [lambda name=name: {"n": ODD_VALUES[name]()} for name in NAMES]
    works += [
        lambda name=name: [Alert("k", Severity.WARNING, "t", {"v": ODD_VALUES[name]()})]
        for name in NAMES
    ]
    works += [lambda name=name: [Alert("k", Severity.OK, ODD_VALUES[name]())] for name in NAMES]
    clock = FakeClock(installation.services.clock.now())
    for work in works:
        collector = Collector(
            Sources(work), installation.services.monitoring, _Notices(), clock, seconds=4.0
        )
        clock.advance(timedelta(hours=1))
        assert await collector.look()
        assert "alerts" in await admin.get("/api/metrics")


class _Notices:
    def publish(self, _notice: Any) -> None:
        """Hear nothing."""


async def test_whatever_a_lifespan_does() -> None:
    for make in ODD_ERRORS:
        for moment in ("made", "entered", "left"):
            await _one_life(make, moment)


async def _one_life(make: Any, moment: str) -> None:
    @asynccontextmanager
    async def life() -> AsyncGenerator[None, None]:
        if moment == "entered":
            raise make()
        yield
        if moment == "left":
            raise make()

    class LifespanOffers:
        @staticmethod
        def lifespans() -> Any:
            return [Registered("odd", raising(make) if moment == "made" else life)]

    aside: list[str] = []
    lifespans = Lifespans(
        LifespanOffers(), lambda _kind, name, _why: aside.append(name), seconds=5.0
    )
    async with asyncio.timeout(60):
        await lifespans.follow()
        await lifespans.stop()
    assert bool(aside) is (moment != "left")


async def test_a_tool_that_is_cancelled_by_nobody_but_itself(
    installation: Installation, ada: Client, admin: Client, plugin: Hostile
) -> None:
    async def run(_arguments: Any, _context: ToolContext) -> Any:
        raise asyncio.CancelledError

    plugin.run = run  # type: ignore[method-assign]
    events = await goes_on(installation, ada)
    assert events[-1]["status"] == "completed"
    await look_at_lists(ada, admin)

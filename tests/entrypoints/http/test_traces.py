"""Traces and metrics leave for a collector by OTLP, and nothing leaves that was not asked for."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from adapters.telemetry.exporting import CLOSING
from domain.shared.errors import Unavailable
from tests.entrypoints.http.conftest import Install
from tests.support.web_server import Reply, WebServer, serving

pytestmark = pytest.mark.one_engine

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
KEY = "a-key-for-the-collector"
WORDS = "Nobody else may read how much 17 * 23 is"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    with serving(
        lambda _: Reply(headers={"Content-Type": "application/x-protobuf"}, body=b"")
    ) as it:
        monkeypatch.setenv(ENDPOINT, it.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"x-api-key={KEY}")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        yield it


def spans_in(collector: WebServer) -> list[Span]:
    bodies = [each.body for each in collector.seen if each.target == "/v1/traces"]
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


async def test_a_collector_receives_what_a_run_did_in_its_callers_trace(
    install: Install, collector: WebServer
) -> None:
    async with install(**{ENDPOINT: collector.url, "OTEL_SERVICE_NAME": "desk"}) as installation:
        ada = await installation.user("ada")
        response = await ada.send(
            "POST", "/api/chat", {"message": WORDS}, headers={"traceparent": CALLER}
        )
        run_id = json.loads(await response.get_data())["run_id"]

    spans = spans_in(collector)
    assert sorted(span.name for span in spans) == [
        "chat cassette",
        "chat cassette",
        "execute_tool calculator",
        "invoke_agent puerto",
    ]
    assert {span.trace_id.hex() for span in spans} == {CALLER.split("-")[1]}
    (run,) = (span for span in spans if span.name.startswith("invoke_agent"))
    assert run.parent_span_id.hex() == CALLER.split("-")[2]
    values = {each.key: each.value.string_value for each in run.attributes}
    assert values["puerto.run.id"] == run_id

    first = next(each for each in collector.seen if each.target == "/v1/traces")
    assert first.header("x-api-key") == KEY
    (resource,) = ExportTraceServiceRequest.FromString(first.body).resource_spans
    described = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert described["service.name"] == "desk"
    assert described["deployment.environment.name"] == "test"
    assert described["service.instance.id"]

    (figures,) = (each for each in collector.seen if each.target == "/v1/metrics")
    named = {
        metric.name
        for each in ExportMetricsServiceRequest.FromString(figures.body).resource_metrics
        for scope in each.scope_metrics
        for metric in scope.metrics
    }
    assert {"gen_ai.client.token.usage", "gen_ai.execute_tool.duration"} <= named
    for each in collector.seen:
        assert b"17 * 23" not in each.body
        assert b"391" not in each.body
        assert KEY.encode() not in each.body


@pytest.mark.parametrize("settings", [{}, {"OTEL_SDK_DISABLED": "true"}])
async def test_nothing_is_sent_unless_it_is_wanted(
    install: Install, collector: WebServer, settings: dict[str, str]
) -> None:
    given = {ENDPOINT: collector.url, **settings} if settings else {}
    async with install(**given) as installation:
        ada = await installation.user("ada")
        await ada.json("POST", "/api/chat", {"message": WORDS})
    assert collector.seen == []


@pytest.mark.parametrize(
    ("variable", "rest"),
    [("OTEL_TRACES_EXPORTER", "/v1/metrics"), ("OTEL_METRICS_EXPORTER", "/v1/traces")],
)
async def test_either_of_both_can_be_left_out(
    install: Install,
    collector: WebServer,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    rest: str,
) -> None:
    monkeypatch.setenv(variable, "none")
    async with install(**{ENDPOINT: collector.url}) as installation:
        ada = await installation.user("ada")
        await ada.json("POST", "/api/chat", {"message": WORDS})
    assert {each.target for each in collector.seen} == {rest}


async def test_a_collector_that_hangs_holds_neither_runs_nor_the_stop_up(
    install: Install, collector: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.reply = lambda _: Reply(seconds=600)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setattr("adapters.telemetry.exporting.CLOSING_SECONDS", 0.1)
    async with asyncio.timeout(60), install(**{ENDPOINT: collector.url}) as installation:
        ada = await installation.user("ada")
        answer = await ada.json("POST", "/api/chat", {"message": WORDS})
        assert answer["message"] == "That makes 391."
    for thread in threading.enumerate():
        if thread.name == CLOSING:
            await asyncio.to_thread(thread.join, 60)


async def test_the_start_says_what_to_install(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "adapters.telemetry.exporting", None)
    with pytest.raises(Unavailable, match=r"pip install 'puerto\[otel\]'"):
        async with install(**{ENDPOINT: "http://127.0.0.1:4318"}):
            pass


@pytest.mark.long
def test_the_service_imports_nothing_of_it_unasked() -> None:
    code = (
        "import sys, entrypoints.http.app, entrypoints.server.lifecycle\n"
        "print([name for name in sys.modules if 'adapters.telemetry.' in name"
        " or name.startswith('opentelemetry.sdk')])"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


async def test_runs_of_a_websocket_are_in_the_trace_of_its_handshake(
    install: Install, collector: WebServer
) -> None:
    async with install(**{ENDPOINT: collector.url}) as installation:
        ada = await installation.user("ada")
        headers = {"Authorization": f"Bearer {ada.token}", "Traceparent": CALLER}
        client = installation.app.test_client()
        async with asyncio.timeout(60), client.websocket("/ws", headers=headers) as socket:
            assert json.loads(await socket.receive()) == {"type": "ready"}
            await socket.send(json.dumps({"type": "chat", "message": WORDS}))
            while json.loads(await socket.receive())["type"] != "done":
                pass
    spans = spans_in(collector)
    assert len(spans) == 4
    assert {span.trace_id.hex() for span in spans} == {CALLER.split("-")[1]}

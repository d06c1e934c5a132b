"""Runs as spans and metrics of OpenTelemetry, with exporters that keep them in memory."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from opentelemetry.util.genai.handler import TelemetryHandler

from adapters.telemetry import names
from adapters.telemetry.observer import OpenTelemetryObserver
from adapters.telemetry.trace_ids import RunTraceIds
from domain.models.messages import Stop, StopReason, Text, ToolRequest, Usage
from domain.runs.events import Chunk
from domain.shared.errors import ProviderError, ProviderReason, ToolFailed
from domain.telemetry.ports import ModelWork, RunWork, ToolWork, WorkEnding
from domain.telemetry.traces import bind_caller, trace_headers
from tests.domain.builders import ANN
from tests.domain.house import CALLS, LEASE, House, build, last
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

SECRET = "sk-of-nobody-but-ann-4711"
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
DONE = WorkEnding("completed")


class Kept:
    """What was exported."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._metrics = InMemoryMetricReader()
        traces = TracerProvider(id_generator=RunTraceIds(), shutdown_on_exit=False)
        traces.add_span_processor(SimpleSpanProcessor(self._spans))
        metrics = MeterProvider([self._metrics], shutdown_on_exit=False)
        self.observer = OpenTelemetryObserver(TelemetryHandler(traces, metrics))

    def spans(self, operation: str = "") -> list[ReadableSpan]:
        return [
            span for span in self._spans.get_finished_spans() if span.name.startswith(operation)
        ]

    def metrics(self) -> set[str]:
        data = self._metrics.get_metrics_data()
        assert data is not None
        return {
            metric.name
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def kept() -> Kept:
    return Kept()


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    return span.attributes or {}


def parent_of(span: ReadableSpan) -> str | None:
    return None if span.parent is None else format_span_id(span.parent.span_id)


def ids_of(span: ReadableSpan) -> tuple[str, str]:
    context = span.get_span_context()
    assert context is not None
    return format_trace_id(context.trace_id), format_span_id(context.span_id)


async def ended(house: House) -> None:
    while house.worker.driving:
        await house.worker.stop(60)


async def fail(arguments: Mapping[str, Any]) -> Any:
    raise ToolFailed(f"not with {SECRET}")


async def whole_run(kept: Kept) -> tuple[House, list[Mapping[str, str]]]:
    """Take a run through failure, calls and an answer, and keep what its tool would send along."""
    sent: list[Mapping[str, str]] = []

    async def look(arguments: Mapping[str, Any]) -> Any:
        sent.append(trace_headers())
        return {"found": SECRET}

    model = FakeModel(
        [ProviderError(SECRET, provider="fake", reason=ProviderReason.OVERLOADED)],
        [ToolRequest("look", '{"q": 4711}'), ToolRequest("fail", "{}"), CALLS],
        [Text(SECRET), Stop(StopReason.END, Usage(30, 7, 10))],
    )
    house = build(
        model,
        FakeTool("look", work=look),
        FakeTool("fail", work=fail),
        telemetry=kept.observer,
    )
    assert last(await house.say(SECRET)).status == "completed"
    await ended(house)
    return house, sent


async def test_a_run_is_a_span_with_those_of_its_models_and_tools(kept: Kept) -> None:
    _, sent = await whole_run(kept)
    (run,) = kept.spans("invoke_agent")
    assert (run.name, run.kind, run.parent) == ("invoke_agent puerto", SpanKind.INTERNAL, None)
    assert attributes(run)[names.RUN_STATUS] == "completed"
    trace_id, run_span = ids_of(run)

    chats, tools = kept.spans("chat"), kept.spans("execute_tool")
    assert [span.kind for span in chats] == [SpanKind.CLIENT] * 3
    assert {parent_of(span) for span in (*chats, *tools)} == {run_span}
    assert {ids_of(span)[0] for span in (*chats, *tools)} == {trace_id}
    assert [attributes(span).get("error.type") for span in chats] == ["overloaded", None, None]
    last_chat = attributes(chats[-1])
    assert last_chat["gen_ai.usage.input_tokens"] == 30
    assert last_chat["gen_ai.usage.output_tokens"] == 7
    assert last_chat["gen_ai.response.finish_reasons"] == ("end",)

    by_name = {span.name: span for span in tools}
    failed = by_name["execute_tool fail"]
    assert attributes(failed)["error.type"] == "TOOL_FAILED"
    assert attributes(failed)[names.CALL_STATUS] == "failed"
    look = by_name["execute_tool look"]
    assert attributes(look)[names.PLUGIN] == "fake"
    assert [each["traceparent"][:-3] for each in sent] == [f"00-{trace_id}-{ids_of(look)[1]}"]
    assert trace_headers() == {}


async def test_the_names_are_those_of_the_table(kept: Kept) -> None:
    await whole_run(kept)
    cancelled = kept.observer.begin(ModelWork("google", "gemini"))
    cancelled.end(WorkEnding("cancelled"))
    failed = kept.observer.begin(RunWork("run-1", "c-1", ""))
    failed.end(WorkEnding("failed", error="INTERNAL"))

    places: dict[str, set[str]] = {}
    for span in kept.spans():
        for name in attributes(span):
            places.setdefault(name, set()).add(span.name.split()[0])
    assert {name: ", ".join(sorted(spans)) for name, spans in places.items()} == {
        name: ", ".join(sorted(names.SPANS if spans == "all" else spans.split(", ")))
        for name, (spans, _) in names.ATTRIBUTES.items()
    }
    assert kept.metrics() == set(names.METRICS)
    assert attributes(kept.spans("chat gemini")[0])["gen_ai.provider.name"] == "gcp.gemini"


async def test_no_content_reaches_a_span(kept: Kept) -> None:
    await whole_run(kept)
    exported = json.dumps([span.to_json() for span in kept.spans()])
    assert len(kept.spans()) == 6
    assert SECRET not in exported
    assert "4711" not in exported


@pytest.mark.parametrize("caller", ["", f"00-{TRACE}-{SPAN}-01"])
async def test_all_stretches_of_a_run_are_in_one_trace(kept: Kept, caller: str) -> None:
    for is_takeover in (False, True):
        work = RunWork("run-1", "c-1", "", is_takeover=is_takeover, traceparent=caller)
        kept.observer.begin(work).end(DONE)
    kept.observer.begin(RunWork("run-2", "c-1", "desk", 0.5, traceparent=caller)).end(DONE)
    first, second, other = kept.spans()
    assert ids_of(first)[0] == ids_of(second)[0]
    assert parent_of(first) == parent_of(second) == (SPAN if caller else None)
    assert (ids_of(other)[0] == ids_of(first)[0] == TRACE) == bool(caller)
    assert [attributes(span)[names.RUN_TAKEN_OVER] for span in (first, second)] == [False, True]
    assert other.name == "invoke_agent desk"


async def test_a_caller_that_does_not_sample_is_followed(kept: Kept) -> None:
    work = RunWork("run-1", "c-1", "", traceparent=f"00-{TRACE}-{SPAN}-00")
    observation = kept.observer.begin(work)
    (sent,) = trace_headers().values()
    assert sent.startswith(f"00-{TRACE}-")
    assert sent.endswith("-00")
    observation.end(DONE)
    assert kept.spans() == []


async def test_the_trace_of_a_request_is_kept_with_its_run(kept: Kept) -> None:
    model = FakeModel([Text("Done."), Stop(StopReason.END, Usage())])
    house = build(model, telemetry=kept.observer)
    bind_caller(f"00-{TRACE}-{SPAN}-01")
    events = await house.say()
    await ended(house)
    started: Any = events[0].body
    assert started.traceparent == f"00-{TRACE}-{SPAN}-01"
    (run,) = kept.spans("invoke_agent")
    assert (ids_of(run)[0], parent_of(run)) == (TRACE, SPAN)


async def test_parallel_runs_and_calls_do_not_mix(kept: Kept) -> None:
    meeting = asyncio.Barrier(4)

    async def call(name: str) -> None:
        tool = kept.observer.begin(ToolWork(name, "p", name))
        await meeting.wait()
        tool.end(WorkEnding("finished"))

    async def drive(run_id: str) -> None:
        run = kept.observer.begin(RunWork(run_id, run_id, ""))
        await asyncio.gather(call(f"{run_id}-a"), call(f"{run_id}-b"))
        run.end(DONE)

    await asyncio.gather(drive("one"), drive("two"))
    runs = {attributes(run)[names.RUN_ID]: ids_of(run)[1] for run in kept.spans("invoke_agent")}
    parents = {span.name.split()[1]: parent_of(span) for span in kept.spans("execute_tool")}
    assert parents == {
        "one-a": runs["one"],
        "one-b": runs["one"],
        "two-a": runs["two"],
        "two-b": runs["two"],
    }


async def test_a_run_that_is_taken_over_goes_on_in_its_trace(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    died = build(FakeModel([Text("half a"), asyncio.Event()]), telemetry=kept.observer)
    bind_caller(f"00-{TRACE}-{SPAN}-01")
    started = await died.chat.send(ANN, "hi")
    await died.until(started.run_id, Chunk)
    bind_caller(None)
    model = FakeModel([Text("whole"), Stop(StopReason.END, Usage())])
    heir = build(model, store=died.store, telemetry=kept.observer)
    heir.clock.advance(timedelta(seconds=LEASE * 2))
    await heir.worker.start()
    assert last(await heir.events(started.run_id)).status == "completed"
    await heir.worker.stop(60)
    await died.worker.stop(0)  # which closes the stream in the middle of its answer

    runs = {attributes(run)[names.RUN_STATUS]: run for run in kept.spans("invoke_agent")}
    assert {status: attributes(run)[names.RUN_TAKEN_OVER] for status, run in runs.items()} == {
        "completed": True,
        "handed_over": False,
    }
    assert {ids_of(run)[0] for run in runs.values()} == {TRACE}
    assert {parent_of(run) for run in runs.values()} == {SPAN}
    chats = [attributes(chat).get(names.CANCELLED, False) for chat in kept.spans("chat")]
    assert sorted(chats) == [False, True]
    assert [record for record in caplog.records if "context" in record.getMessage()] == []

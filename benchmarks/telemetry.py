"""What observing costs: CPU of a turn when nothing listens, with metrics, and with OpenTelemetry.

``python benchmarks/telemetry.py [--rounds N] [--turns N]`` drives turns without HTTP on SQLite, in
one process: a call of a tool, then an answer of 200 pieces. The three ways alternate, and the
ratios are the medians of the rounds'. Spans are encoded for a collector and dropped. HTTP would add
to the turn, not to what observing costs. That is less than such ratios show, so the observers are
also called alone, as a turn calls them.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from statistics import median
from typing import Final

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.util.genai.handler import TelemetryHandler
from typing_extensions import override

from adapters.llm.registry import Provider
from adapters.telemetry.observer import OpenTelemetryObserver
from adapters.telemetry.trace_ids import RunTraceIds
from domain.accounts.users import User
from domain.models.messages import (
    ModelRequest,
    Piece,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    UserTurn,
)
from domain.models.ports import ChatModel
from domain.telemetry.fan_out import TelemetryFanOut
from domain.telemetry.measurements import Measurements
from domain.telemetry.measuring import MeasuringTelemetry
from domain.telemetry.ports import ModelWork, RunWork, Telemetry, ToolWork, WorkEnding
from entrypoints.server.lifecycle import running
from entrypoints.settings.loading import load_settings
from entrypoints.wiring.container import build
from entrypoints.wiring.services import Services

_PIECES: Final = 200
_REPEATS: Final = 50


class Talker(ChatModel):
    """A model that calls a tool, and then answers in many pieces."""

    @property
    @override
    def provider(self) -> str:
        return "talker"

    @override
    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        if isinstance(request.turns[-1], UserTurn):
            yield ToolRequest("current_time", "{}")
            yield Stop(StopReason.TOOL_CALLS)
            return
        for _ in range(_PIECES):
            yield Text("word ")
            await asyncio.sleep(0)
        yield Stop()

    @override
    async def close(self) -> None:
        """Close nothing."""


class Dropped(SpanExporter):
    """Encodes spans, and drops them."""

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS


def ways() -> dict[str, Sequence[Telemetry]]:
    """Return the observers of each way."""
    traces = TracerProvider(id_generator=RunTraceIds())
    traces.add_span_processor(BatchSpanProcessor(Dropped()))
    figures = MeterProvider([InMemoryMetricReader()])
    metrics = MeasuringTelemetry(Measurements())
    spans = OpenTelemetryObserver(TelemetryHandler(traces, figures))
    return {
        "nothing listens": (),
        "metrics": (metrics,),
        "metrics and OpenTelemetry": (metrics, spans),
    }


def alone(observers: Sequence[Telemetry]) -> float:
    """Return the CPU microseconds of what the observers do in such a turn, the best of some."""
    telemetry, best = TelemetryFanOut(observers), float("inf")
    done = WorkEnding("completed", finish="end", input_tokens=30, output_tokens=200)
    for _ in range(_REPEATS):
        began = time.process_time()
        for _ in range(_REPEATS):
            run = telemetry.begin(RunWork("run-1", "conversation-1", "", 0.001))
            for _ in range(2):
                answer = telemetry.begin(ModelWork("talker", "talker-1"))
                answer.first_piece()
                answer.end(done)
            telemetry.begin(ToolWork("current_time", "basics", "call-1")).end(done)
            run.end(done)
        best = min(best, time.process_time() - began)
    return best * 1e6 / _REPEATS


async def turns(services: Services, user: User, count: int) -> float:
    """Return the CPU milliseconds of a turn, the mean of so many."""
    began = time.process_time()
    for _ in range(count):
        started = await services.chat.send(user, "What time is it?", provider="talker")
        reader = await services.chat.follow(user, started.run_id)
        async with aclosing(reader.events()) as events:
            async for _ in events:
                pass
    return (time.process_time() - began) * 1000 / count


async def measured(rounds: int, count: int) -> dict[str, list[float]]:
    """Return what a turn costs in each round, by way."""
    with tempfile.TemporaryDirectory() as folder:
        container = build(
            load_settings({"PUERTO_DATA_DIR": folder}, None),
            more_models={"talker": Provider(Talker, "talker-1")},
        )
        fan_out = container.telemetry().telemetry
        observers, costs = ways(), dict[str, list[float]]()
        async with running(container, lambda _: None) as services:
            login = await services.users.by_login("admin")
            assert login is not None
            await turns(services, login[0], count)
            for _ in range(rounds):
                for way, some in observers.items():
                    fan_out.observers = tuple(some)
                    costs.setdefault(way, []).append(await turns(services, login[0], count))
    return costs


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--turns", type=int, default=40)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    costs = await measured(options.rounds, options.turns)
    bare, *_ = costs.values()
    for way, some in costs.items():
        ratio = median(cost / alone for cost, alone in zip(some, bare, strict=True))
        own = alone(ways()[way])
        print(f"{way}: {median(some):.2f} ms of CPU a turn, {ratio:.2f}x; by itself {own:.0f} us")


if __name__ == "__main__":
    asyncio.run(main())

"""What runs do is measured: durations, first pieces, errors, tokens. Measuring harms nothing."""

import asyncio
import itertools
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from domain.models.messages import Stop, StopReason, Text, ToolRequest, Usage
from domain.runs.events import Chunk, Retried
from domain.shared.errors import ProviderError, ProviderReason, ToolFailed
from domain.telemetry import metrics
from domain.telemetry.fan_out import TelemetryFanOut
from domain.telemetry.measurements import MOST_VALUES, OTHER, SUM, Measurements, Sample
from domain.telemetry.measuring import MeasuringTelemetry
from domain.telemetry.ports import Observation, Telemetry, Work, WorkEnding
from domain.tools.tool import Effect
from tests.domain.builders import ANN
from tests.domain.house import CALLS, LEASE, build, last
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

USED = Stop(StopReason.END, Usage(30, 7, 10))


async def fail(arguments: Mapping[str, Any]) -> Any:
    raise ToolFailed("no")


def counted(measurements: Measurements, metric: metrics.Metric) -> dict[tuple[str, ...], float]:
    """Return how many values each series of a histogram has, or a counter's numbers."""
    numbers: dict[tuple[str, ...], float] = {}
    for sample, number in measurements.take().items():
        measurements.give_back({sample: number})
        if sample.metric == metric.name and sample.part != SUM:
            numbers[sample.labels] = numbers.get(sample.labels, 0) + number
    return numbers


def measuring() -> tuple[Measurements, MeasuringTelemetry]:
    """Return what measures, by a clock of which each look is a second later."""
    measurements = Measurements()
    ticks = itertools.count()
    return measurements, MeasuringTelemetry(measurements, lambda: float(next(ticks)))


async def test_a_run_its_models_and_its_tools_are_measured() -> None:
    failing = [ProviderError("no", provider="fake", reason=ProviderReason.OVERLOADED)]
    model = FakeModel(
        failing,
        [ToolRequest("look", "{}"), ToolRequest("fail", "{}"), CALLS],
        [Text("Do"), Text("ne."), USED],
    )
    measurements, telemetry = measuring()
    house = build(model, FakeTool("look"), FakeTool("fail", work=fail), telemetry=telemetry)

    assert last(await house.say()).status == "completed"
    while house.worker.driving:
        await house.worker.stop(60)

    name, provider = model.requests[-1].model, model.provider
    assert counted(measurements, metrics.RUN_SECONDS) == {("completed",): 1}
    assert counted(measurements, metrics.RUN_WAIT) == {(): 1}
    assert counted(measurements, metrics.RUN_FIRST_PIECE) == {(): 1}
    assert counted(measurements, metrics.MODEL_SECONDS) == {
        (provider, OTHER, "failed"): 1,
        (provider, name, "completed"): 2,
    }
    assert counted(measurements, metrics.MODEL_FIRST_PIECE) == {(provider, name): 2}
    assert counted(measurements, metrics.MODEL_ERRORS) == {(provider, "overloaded"): 1}
    assert counted(measurements, metrics.MODEL_TOKENS) == {
        (provider, name, "input"): 33,
        (provider, name, "output"): 11,
        (provider, name, "cached"): 10,
    }
    assert counted(measurements, metrics.TOOL_SECONDS) == {
        ("look", "finished"): 1,
        ("fail", "failed"): 1,
    }
    assert counted(measurements, metrics.TAKEOVERS) == {}


def test_a_value_falls_into_the_bucket_whose_bound_it_does_not_exceed() -> None:
    measurements = Measurements()
    for value in (0.0, 0.01, 0.011, 1000.0):
        measurements.observe(metrics.RUN_WAIT, value)
    name = metrics.RUN_WAIT.name
    assert measurements.take() == {
        Sample(name, (), "0.01"): 2,
        Sample(name, (), "0.02"): 1,
        Sample(name, (), "+Inf"): 1,
        Sample(name, (), SUM): 1000.021,
    }
    assert measurements.take() == {}


def test_only_so_many_values_of_a_label_are_told_apart_also_after_a_restart() -> None:
    measurements = Measurements()
    for number in range(MOST_VALUES + 50):
        measurements.observe(metrics.TOOL_SECONDS, 1.0, f"tool{number}", "finished")
    numbers = counted(measurements, metrics.TOOL_SECONDS)
    assert len(numbers) == MOST_VALUES + 1
    assert numbers[OTHER, "finished"] == 50

    restarted = Measurements()
    restarted.recall(measurements.take())
    for tool in ("tool1", "a new one"):
        restarted.observe(metrics.TOOL_SECONDS, 1.0, tool, "finished")
    assert counted(restarted, metrics.TOOL_SECONDS) == {
        ("tool1", "finished"): 1,
        (OTHER, "finished"): 1,
    }


class Broken(Telemetry):
    """An observer that always raises; with ``begins`` only once it has begun."""

    def __init__(self, *, begins: bool) -> None:
        self._begins = begins

    def begin(self, work: Work) -> Observation:
        if not self._begins:
            raise ValueError("cannot begin")
        return BrokenObservation()


class BrokenObservation(Observation):
    def first_piece(self) -> None:
        raise ValueError("cannot go on")

    def end(self, ending: WorkEnding) -> None:
        raise ValueError("cannot end")


async def test_an_observer_that_fails_harms_neither_runs_nor_other_observers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    measurements, telemetry = measuring()
    observers = TelemetryFanOut([Broken(begins=False), telemetry, Broken(begins=True)])
    model = FakeModel([ToolRequest("look", "{}"), CALLS], [Text("Done."), USED])
    house = build(model, FakeTool("look"), telemetry=observers)
    with caplog.at_level(logging.ERROR, logger="domain.telemetry.fan_out"):
        assert last(await house.say()).status == "completed"
    assert counted(measurements, metrics.TOOL_SECONDS) == {("look", "finished"): 1}
    assert len(caplog.records) == 2  # once for each that fails


def test_metrics_are_named_by_prometheus_rules() -> None:
    names = [metric.name for metric in metrics.METRICS]
    assert len(set(names)) == len(names)
    for metric in metrics.METRICS:
        assert metric.name.startswith("puerto_")
        assert metric.help.endswith(".")
        assert metric.name.endswith("_total") == (metric.kind is metrics.MetricKind.COUNTER)
        assert (metric.bounds == ()) == (metric.kind is not metrics.MetricKind.HISTOGRAM)
        assert metric.open_label in {"", *metric.labels}
    assert set(metrics.MEASURED) <= set(metrics.METRICS)


async def test_a_stretch_ends_where_a_run_waits_is_handed_over_or_cancelled() -> None:
    measurements, telemetry = measuring()
    asks = build(
        FakeModel([ToolRequest("send", "{}"), CALLS]),
        FakeTool("send", Effect.WRITE),
        telemetry=telemetry,
    )
    await asks.say()
    await asks.worker.stop(60)
    assert counted(measurements, metrics.RUN_SECONDS) == {("waiting_consent",): 1}

    died = build(FakeModel([Text("half a"), asyncio.Event()]), telemetry=telemetry)
    started = await died.chat.send(ANN, "hi")
    await died.until(started.run_id, Chunk)
    heir = build(
        FakeModel([Text("half a"), asyncio.Event()]), store=died.store, telemetry=telemetry
    )
    heir.clock.advance(timedelta(seconds=LEASE * 2))
    await heir.worker.start()
    await heir.until(started.run_id, Retried)
    await heir.chat.cancel(ANN, started.run_id)
    assert last(await heir.events(started.run_id)).status == "cancelled"
    await heir.worker.stop(60)
    await died.worker.stop(0)

    assert counted(measurements, metrics.TAKEOVERS) == {(): 1}
    assert counted(measurements, metrics.RUN_WAIT) == {(): 2}  # not of the run taken over
    assert counted(measurements, metrics.RUN_SECONDS) == {
        ("waiting_consent",): 1,
        ("handed_over",): 1,
        ("cancelled",): 1,
    }

"""The service's own figures: counted where it is stored, added up over all workers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.configuration.configuration import Configuration
from domain.models.messages import Text, ToolRequest
from domain.monitoring.counting import CountedRunLog, CountedRuns, Counts
from domain.monitoring.ports import WorkerHeartbeat
from domain.monitoring.worker_heartbeats import WorkerMonitor, WorkerStatus
from domain.shared.errors import ToolFailed, Unavailable
from domain.telemetry.measurements import Measurements, Sample
from domain.telemetry.metrics import TAKEOVERS
from tests.domain.builders import ANN, NOW
from tests.domain.house import CALLS, STOP, build, last
from tests.fakes.clock import FakeClock
from tests.fakes.memory import Memory
from tests.fakes.models import FakeModel
from tests.fakes.monitoring import FakePulses
from tests.fakes.persistence import FakeStore
from tests.fakes.runs import FakeLeases
from tests.fakes.tools import FakeTool


def worker(
    heartbeats: FakePulses,
    clock: FakeClock,
    counts: Counts,
    *worker_status: int,
    measurements: Measurements | None = None,
) -> WorkerMonitor:
    runs, streams = worker_status
    leases = FakeLeases(Memory())
    return WorkerMonitor(
        heartbeats,
        leases,
        counts,
        measurements or Measurements(),
        clock,
        lambda: WorkerStatus(runs, streams, {"openai": "timeout"}),
    )


async def test_workers_are_added_up_and_the_dead_forgotten() -> None:
    heartbeats, clock = FakePulses(), FakeClock(NOW)
    one, two = Counts(), Counts()
    first = worker(heartbeats, clock, one, 1, 2)
    await first.start()
    clock.advance(timedelta(minutes=5))
    second = worker(heartbeats, clock, two, 10, 20)
    one.add("messages")
    two.add("messages")
    await first.beat()
    figures = await second.read()
    assert (figures.workers, figures.runs, figures.streams) == (2, 11, 22)
    assert figures.uptime_seconds == 300
    assert figures.totals == {"messages": 2}
    assert figures.failing == {"openai": ["timeout", "timeout"]}

    clock.advance(timedelta(minutes=1))
    assert (await second.read()).workers == 1
    await first.beat()
    two.add("messages")
    await first.stop()
    await first.stop()
    figures = await second.read()
    assert (figures.workers, figures.totals) == (1, {"messages": 3})


async def test_there_are_figures_when_a_clock_that_is_ahead_took_all_workers_for_dead() -> None:
    class Ahead(FakePulses):
        async def living(self, since: datetime) -> Sequence[WorkerHeartbeat]:
            return await super().living(since + timedelta(minutes=5))

    counts = Counts()
    counts.add("messages")
    figures = await worker(Ahead(), FakeClock(NOW), counts, 1, 2).read()
    assert (figures.workers, figures.uptime_seconds) == (0, 0.0)
    assert figures.totals == {"messages": 1}


async def test_what_cannot_be_handed_over_is_not_lost() -> None:
    class Flaky(FakePulses):
        fails = True

        async def beat(
            self,
            heartbeat: WorkerHeartbeat,
            counts: Mapping[str, int],
            samples: Mapping[Sample, float],
        ) -> None:
            if self.fails:
                raise Unavailable("The database does not answer.")
            await super().beat(heartbeat, counts, samples)

    heartbeats, counts, measurements = Flaky(), Counts(), Measurements()
    worker_monitor = worker(heartbeats, FakeClock(NOW), counts, 0, 0, measurements=measurements)
    counts.add("messages")
    measurements.count(TAKEOVERS)
    with pytest.raises(Unavailable):
        await worker_monitor.read()
    counts.add("messages")
    measurements.count(TAKEOVERS)
    heartbeats.fails = False
    figures = await worker_monitor.read()
    assert figures.totals == {"messages": 2}
    assert figures.samples == {Sample(TAKEOVERS.name, (), ""): 2}


async def fail(arguments: Mapping[str, Any]) -> Any:
    raise ToolFailed("no")


async def test_what_is_stored_of_runs_is_counted() -> None:
    model = FakeModel(
        [ToolRequest("look", "{}"), ToolRequest("fail", "{}"), CALLS],
        [ToolRequest("nothing", "{}"), CALLS],
        [Text("Done."), STOP],
        [Unavailable("not now")],
    )
    store = FakeStore(Configuration(provider=model.provider))
    store.memory.users[ANN.id] = (ANN, "hash")
    counts = Counts()
    store.runs = CountedRuns(store.runs, counts)
    store.log = CountedRunLog(store.log, counts)
    house = build(model, FakeTool("look"), FakeTool("fail", work=fail), store=store)

    assert last(await house.say()).status == "completed"

    assert counts.take() == {
        "messages": 2,
        "tools_executed": 2,
        "tool_calls.finished": 1,
        "tool_calls.failed": 2,
        "runs.completed": 1,
    }
    assert last(await house.say()).status == "failed"
    assert counts.take() == {"messages": 2, "runs.failed": 1}
    assert counts.take() == {}

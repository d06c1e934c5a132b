"""Every store keeps what plugins report, and tells one worker of a change."""

import asyncio
from dataclasses import replace

from adapters.persistence import Store
from domain.monitoring.alerts import Alert, Severity
from domain.monitoring.ports import WorkerHeartbeat
from domain.monitoring.readings import MonitoringReport
from domain.shared.ids import new_id
from domain.telemetry.measurements import SUM, Sample
from tests.adapters.persistence.stores import MINUTE, NOW

CPU = Alert("arn:cpu", Severity.CRITICAL, "CPU\x00 is high", {"value": [99.5, "ø"]})
DISK = Alert("arn:disk", Severity.OK, "Disk")
REPORT = MonitoringReport("aws", NOW, {"aws_instances": 3.0}, [CPU, DISK])


async def test_a_round_is_taken_once_until_the_next_is_due(store: Store) -> None:
    many = [store.monitoring.claim(NOW, NOW + MINUTE) for _ in range(10)]
    assert sorted(await asyncio.gather(*many)) == [False] * 9 + [True]
    assert not await store.monitoring.claim(NOW + MINUTE / 2, NOW + MINUTE)
    assert await store.monitoring.claim(NOW + MINUTE, NOW + 2 * MINUTE)


async def test_a_change_is_told_to_one_of_many(store: Store) -> None:
    told = await asyncio.gather(*(store.monitoring.keep(REPORT) for _ in range(8)))
    assert [one.alert.key for news in told for one in news] == ["arn:cpu"]

    readings = await store.monitoring.read(10)

    (source,) = readings.sources
    assert (source.plugin, source.at, source.figures) == ("aws", NOW, {"aws_instances": 3.0})
    assert readings.counts == {("aws", Severity.CRITICAL): 1, ("aws", Severity.OK): 1}
    (standing,) = readings.alerts
    assert (standing.alert.key, standing.since) == ("arn:cpu", NOW)
    assert standing.alert.details == {"value": [99.5, "ø"]}


async def test_what_lasts_keeps_its_time_and_what_ends_is_news(store: Store) -> None:
    await store.monitoring.keep(REPORT)
    warmer = replace(CPU, details={"value": 99.9})
    later = replace(REPORT, at=NOW + MINUTE, alerts=[warmer, DISK], figures={"aws_instances": 4.0})
    assert await store.monitoring.keep(later) == []
    (standing,) = (await store.monitoring.read(10)).alerts
    assert (standing.since, standing.alert.details) == (NOW, {"value": 99.9})

    stale = replace(REPORT, alerts=[DISK], figures={"aws_instances": 0.0})
    assert not await store.monitoring.keep(stale)

    over = replace(REPORT, at=NOW + 2 * MINUTE, alerts=[])
    (ended,) = await store.monitoring.keep(over)
    assert (ended.alert.key, ended.alert.severity) == ("arn:cpu", Severity.OK)
    assert ended.since == NOW + 2 * MINUTE
    assert (await store.monitoring.read(10)).counts == {}


async def test_who_cannot_say_changes_nothing_but_the_problem(store: Store) -> None:
    await store.monitoring.keep(REPORT)
    await store.monitoring.keep(MonitoringReport("aws", NOW + MINUTE, None, None, "no answer\x00"))

    readings = await store.monitoring.read(10)

    assert readings.figures() == {"aws_instances": 3.0}
    assert readings.count(Severity.CRITICAL) == 1
    assert readings.sources[0].problem.startswith("no answer")


async def test_many_alerts_and_the_worst_of_them(store: Store) -> None:
    many = [Alert(f"key {n}", Severity.WARNING, "t") for n in range(250)]
    assert len(await store.monitoring.keep(replace(REPORT, alerts=[*many, CPU]))) == 251
    readings = await store.monitoring.read(2)
    assert [one.alert.severity for one in readings.alerts] == [Severity.CRITICAL, Severity.WARNING]
    assert readings.count(Severity.WARNING) == 250


async def test_plugins_that_are_not_asked_any_more_are_forgotten(store: Store) -> None:
    for plugin in ("aws", "gcp"):
        await store.monitoring.keep(replace(REPORT, plugin=plugin))
    await store.monitoring.forget_others(["gcp"])
    readings = await store.monitoring.read(10)
    assert [source.plugin for source in readings.sources] == ["gcp"]
    assert {plugin for plugin, _ in readings.counts} == {"gcp"}


async def test_pulses_live_until_they_stop_or_are_not_heard_of(store: Store) -> None:
    first, second, dead = (
        WorkerHeartbeat(
            new_id(), NOW + n * MINUTE, NOW + at * MINUTE, n, 2 * n, {"openai": "timeout"}
        )
        for n, at in ((1, 5), (0, 5), (2, 3))
    )
    for heartbeat in (first, second, dead, replace(first, at=NOW + 6 * MINUTE, runs=7)):
        await store.heartbeats.beat(heartbeat, {}, {})
    living = await store.heartbeats.living(NOW + 4 * MINUTE)
    assert living == [second, replace(first, at=NOW + 6 * MINUTE, runs=7)]
    await store.heartbeats.end(second.worker_id)
    assert [each.worker_id for each in await store.heartbeats.living(NOW)] == [first.worker_id]


async def test_counts_add_up(store: Store) -> None:
    heartbeats = [WorkerHeartbeat(new_id(), NOW, NOW) for _ in range(5)]
    counts = {"messages": 2, "runs.completed": 1}
    await asyncio.gather(
        *(store.heartbeats.beat(heartbeat, counts, {}) for heartbeat in heartbeats)
    )
    assert await store.heartbeats.totals() == {"messages": 10, "runs.completed": 5}


async def test_samples_of_all_workers_add_up(store: Store) -> None:
    many = {Sample("puerto_x_seconds", (str(n), 'a"ø'), "0.01"): 1.0 for n in range(2_100)}
    total = Sample("puerto_x_seconds", ("1", 'a"ø'), SUM)
    beats = [
        store.heartbeats.beat(WorkerHeartbeat(new_id(), NOW, NOW), {}, {**many, total: 0.25})
        for _ in range(3)
    ]
    await asyncio.gather(*beats)
    assert await store.heartbeats.samples() == {**dict.fromkeys(many, 3.0), total: 0.75}

"""The repository of the workers' heartbeats and of the totals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import moment
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.formats import FAILING, SAMPLE_LABELS
from adapters.persistence.engine.inserting import placeholders
from domain.monitoring.ports import WorkerHeartbeat, WorkerHeartbeats
from domain.telemetry.measurements import Sample

_BEAT: Final = """
    INSERT INTO pulses (worker_id, started_at, at, runs, streams, failing)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (worker_id) DO UPDATE SET at = excluded.at, runs = excluded.runs,
        streams = excluded.streams, failing = excluded.failing
    RETURNING worker_id
"""
_ADD: Final = """
    INSERT INTO totals (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = totals.value + excluded.value
    RETURNING name
"""
_SAMPLE_COLUMNS: Final = ("metric", "labels", "part", "value")
_ADD_SAMPLES: Final = f"""
    INSERT INTO samples ({", ".join(_SAMPLE_COLUMNS)}) VALUES {{rows}}
    ON CONFLICT (metric, labels, part) DO UPDATE SET value = samples.value + excluded.value
    RETURNING id
"""  # noqa: S608  made of constants
_SAMPLES_AT_ONCE: Final = 2_000  # rows of one statement, which takes four values each
_SAMPLES: Final = "SELECT metric, labels, part, value FROM samples"
_END: Final = "DELETE FROM pulses WHERE worker_id = $1 RETURNING worker_id"
_BURY: Final = "DELETE FROM pulses WHERE at < $1 RETURNING worker_id"
_LIVING: Final = "SELECT * FROM pulses WHERE at >= $1 ORDER BY started_at, worker_id"
_TOTALS: Final = "SELECT name, value FROM totals"


class TortoiseWorkerHeartbeats(WorkerHeartbeats):
    """The repository of heartbeats and totals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def beat(
        self,
        heartbeat: WorkerHeartbeat,
        counts: Mapping[str, int],
        samples: Mapping[Sample, float],
    ) -> None:
        values = (
            heartbeat.worker_id,
            heartbeat.started_at,
            heartbeat.at,
            heartbeat.runs,
            heartbeat.streams,
            FAILING.write(heartbeat.failing),
        )

        async def work() -> None:
            await self._database.fetch(_BEAT, *values)
            for name, number in sorted(counts.items()):  # sorted against deadlocks between workers
                await self._database.fetch(_ADD, name, number)
            ordered = sorted(samples.items())
            for first in range(0, len(ordered), _SAMPLES_AT_ONCE):
                await self._add(ordered[first : first + _SAMPLES_AT_ONCE])

        await self._database.unit_of_work.run(work, synced=False)

    @override
    async def end(self, worker_id: str) -> None:
        await self._database.fetch(_END, worker_id)

    @override
    async def living(self, since: datetime) -> Sequence[WorkerHeartbeat]:
        await self._database.fetch(_BURY, since)
        return [_to_heartbeat(row) for row in await self._database.fetch(_LIVING, since)]

    @override
    async def totals(self) -> Mapping[str, int]:
        return {row["name"]: row["value"] for row in await self._database.fetch(_TOTALS)}

    @override
    async def samples(self) -> Mapping[Sample, float]:
        rows = await self._database.fetch(_SAMPLES)
        return {
            Sample(row["metric"], tuple(SAMPLE_LABELS.read(row["labels"])), row["part"]): row[
                "value"
            ]
            for row in rows
        }

    async def _add(self, samples: Sequence[tuple[Sample, float]]) -> None:
        values = [
            value
            for sample, number in samples
            for value in (sample.metric, SAMPLE_LABELS.write(sample.labels), sample.part, number)
        ]
        rows = placeholders(len(samples), len(_SAMPLE_COLUMNS))
        await self._database.fetch(_ADD_SAMPLES.format(rows=rows), *values)


def _to_heartbeat(row: Mapping[str, Any]) -> WorkerHeartbeat:
    return WorkerHeartbeat(
        worker_id=str(row["worker_id"]),
        started_at=moment(row["started_at"]),
        at=moment(row["at"]),
        runs=row["runs"],
        streams=row["streams"],
        failing=FAILING.read(row["failing"]),
    )

"""Samples: what a load, or anything else, takes of a service, of its database and of time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Self, TypeVar

from client import Load, Target, drive
from databases import Databases
from processes import cpu_seconds
from report import Comparison, Sample

SETTLE_SECONDS: Final = 0.1  # what a service does after the last byte counts too

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Meter:
    """The CPU time, in seconds, that a process tree and the database had taken at a moment."""

    service: float | None
    database: float | None

    @classmethod
    def read(cls, pid: int, database: Databases) -> Self:
        """Read now."""
        own = cpu_seconds(database.pid) if database.pid is not None else None
        return cls(cpu_seconds(pid), own)

    def ms_until(self, later: Self, times: int) -> dict[str, float | None]:
        """Return the milliseconds taken between two readings, for each of so many times."""
        return {
            "cpu_ms": _per_time(self.service, later.service, times),
            "database_cpu_ms": _per_time(self.database, later.database, times),
        }


def _per_time(before: float | None, after: float | None, times: int) -> float | None:
    return None if before is None or after is None else (after - before) * 1000 / times


async def turns(
    target: Target, load: Load, database: Databases, conversations: Sequence[str] = ()
) -> Sample:
    """Put the load on the target once; the figures are for each turn."""
    before = Meter.read(target.pid, database)
    timing = await drive(target, load, conversations)
    await asyncio.sleep(SETTLE_SECONDS)
    first = timing.first_piece
    return {
        **before.ms_until(Meter.read(target.pid, database), load.turns),
        "first_piece_ms": None if first is None else first * 1000,
        "turns_per_second": load.turns / timing.seconds,
        "ms": timing.seconds * 1000 * load.concurrency / load.turns,
    }


async def repeated(
    what: Callable[[], Awaitable[None]], times: int, pid: int, database: Databases
) -> Sample:
    """Do the same so many times, one after the other; the figures are for each time."""
    before, began = Meter.read(pid, database), time.perf_counter()
    for _ in range(times):
        await what()
    seconds = time.perf_counter() - began
    await asyncio.sleep(SETTLE_SECONDS)
    taken = before.ms_until(Meter.read(pid, database), times)
    return {**taken, "ms": seconds * 1000 / times}


async def in_turn(
    ways: Mapping[Name, Callable[[], Awaitable[Sample]]], rounds: int
) -> dict[Name, list[Sample]]:
    """Take a sample of each in turn, as often as there are rounds; a round before warms up."""
    samples: dict[Name, list[Sample]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, take in ways.items():
            sample = await take()
            if number:
                samples[name].append(sample)
    return samples


async def compare(
    limit: Target, service: Target, database: Databases, loads: Sequence[Load], rounds: int
) -> list[Comparison]:
    """Put each load on both targets in turn."""
    found = []
    for load in loads:
        ways = {each.name: partial(turns, each, load, database) for each in (limit, service)}
        samples = await in_turn(ways, rounds)
        found.append(Comparison(load.name, samples[limit.name], samples[service.name]))
    return found

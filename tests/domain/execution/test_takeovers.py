"""What goes wrong while a run changes hands does not leave it standing still."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from domain.models.messages import Text
from domain.runs.cursors import Cursor
from domain.runs.events import Chunk, Ended, Event, Retried, StepEnded
from domain.shared.errors import LeaseLost, PuertoError, Unavailable
from tests.domain.builders import ANN, step
from tests.domain.house import LEASE, STOP, House, build, last, text_of
from tests.fakes.models import FakeModel
from tests.fakes.persistence import FakeStore

MORE_THAN_A_LEASE = timedelta(seconds=LEASE * 2)


class Log:
    """The stored log, which breaks once: at a read, an append, or the end of a run."""

    def __init__(self, store: FakeStore, breaks_at: str) -> None:
        self._log = store.log
        self._breaks_at = breaks_at
        self.broken = asyncio.Event()

    def _touch(self, what: str, error: PuertoError) -> None:
        if what == self._breaks_at and not self.broken.is_set():
            self.broken.set()
            raise error

    async def append(self, *what: Any, **more: Any) -> None:
        if more.get("ending") is not None:
            self._touch("end", LeaseLost("the answer to this write was lost"))
        self._touch("append", Unavailable("the database is away"))
        await self._log.append(*what, **more)

    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        self._touch("read", Unavailable("the database is away"))
        return await self._log.read(run_id, after, limit)


def with_log(store: FakeStore, log: Log) -> Any:
    """The same store but for its log."""
    other = FakeStore.__new__(FakeStore)
    other.__dict__.update(store.__dict__ | {"log": log})
    return other


async def beat(house: House) -> None:
    """Let the heart of a worker beat, twice: the first one may be under way."""
    for _ in range(2):
        house.worker.look()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("breaks_at", ["read", "append"])
async def test_a_run_that_could_not_be_taken_over_is_taken_up_when_its_lease_runs_out(
    breaks_at: str,
) -> None:
    died = build(FakeModel([asyncio.Event()]))
    started = await died.chat.send(ANN, "hi")
    log = Log(died.store, breaks_at)
    heir = build(FakeModel([Text("whole"), STOP]), store=with_log(died.store, log))
    heir.clock.advance(MORE_THAN_A_LEASE)
    await heir.worker.start()
    assert heir.live.get(started.run_id) is None  # nobody waits here for what does not come
    heir.clock.advance(timedelta(seconds=LEASE / 2))
    await beat(heir)  # the leases of what is driven are extended
    heir.clock.advance(timedelta(seconds=LEASE * 3 / 4))
    await beat(heir)
    events = await heir.events(started.run_id)
    assert text_of(events) == "whole"
    assert last(events).status == "completed"


async def test_a_run_whose_last_write_got_lost_gets_another_answer() -> None:
    store = build(FakeModel()).store
    log = Log(store, "end")
    house = build(FakeModel([Text("lost"), STOP]), store=with_log(store, log))
    started = await house.chat.send(ANN, "hi")
    await log.broken.wait()
    heir = build(FakeModel([Text("whole"), STOP]), store=store)
    heir.clock.advance(MORE_THAN_A_LEASE)
    await heir.worker.start()
    events = await heir.events(started.run_id)
    assert text_of(events) == "whole"
    assert last(events).status == "completed"


async def test_a_run_whose_answer_is_stored_is_ended_with_nothing_withdrawn() -> None:
    died = build(FakeModel([asyncio.Event()]))
    started = await died.chat.send(ANN, "hi")
    await died.store.log.append(started.run_id, 1, 2, [Chunk("whole"), step()])
    heir = build(FakeModel(), store=died.store)
    heir.clock.advance(MORE_THAN_A_LEASE)
    await heir.worker.start()
    events = await heir.events(started.run_id)
    assert any(isinstance(event.body, StepEnded) for event in events)
    assert not any(isinstance(event.body, Retried) for event in events)
    assert text_of(events) == "whole"
    assert isinstance(events[-1].body, Ended)

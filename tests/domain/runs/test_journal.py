"""The journal stores before it shows, but for pieces of text."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.consents.consent import Consent
from domain.notifications.notices import Notice
from domain.runs.call_events import ToolStarted
from domain.runs.cursors import Cursor
from domain.runs.events import Body, Chunk, Ended, Event
from domain.runs.journal import FULL, Journal
from domain.runs.live import LiveRun
from domain.runs.ports import Ending
from domain.runs.states import RunStatus
from domain.shared.errors import LeaseLost, Unavailable
from tests.domain.builders import NOW, RUN, run_of, said, step
from tests.fakes.clock import FakeClock


class Log:
    """A `RunLog` that keeps batches, and can be made slow or broken."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, list[Body]]] = []
        self.endings: list[Ending] = []
        self.notices: list[Notice] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def append(
        self,
        run_id: str,
        attempt: int,
        first: int,
        bodies: Sequence[Body],
        *,
        ending: Ending | None = None,
        consents: Sequence[Consent] = (),
        notices: Sequence[Notice] = (),
    ) -> None:
        assert run_id == RUN
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.batches.append((first, list(bodies)))
        if ending is not None:
            self.endings.append(ending)
        self.notices += notices

    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        raise AssertionError("a journal reads nothing")


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def live() -> LiveRun:
    return LiveRun(attempt=1, first=2)


@pytest.fixture
def journal(log: Log, live: LiveRun) -> Journal:
    return Journal(run_of(), log, live, FakeClock())


def seen(live: LiveRun) -> list[int]:
    events = live.since(Cursor(1, 1))
    assert events is not None
    return [event.number for event in events]


async def test_pieces_are_seen_at_once_and_stored_with_the_next_record(
    journal: Journal, log: Log, live: LiveRun
) -> None:
    for piece in said("a", "b"):
        journal.say(piece)
    assert seen(live) == [2, 3]
    assert log.batches == []
    await journal.record(step())
    assert log.batches == [(2, [Chunk("a"), Chunk("b"), step()])]
    assert seen(live) == [2, 3, 4]


async def test_a_note_is_stored_and_seen_with_the_next_record(
    journal: Journal, log: Log, live: LiveRun
) -> None:
    journal.note(step())
    assert journal.run.steps
    assert seen(live) == []
    await journal.record(ToolStarted("a"))
    assert log.batches == [(2, [step(), ToolStarted("a")])]
    assert seen(live) == [2, 3]


async def test_pieces_are_stored_by_themselves_after_a_while(journal: Journal, log: Log) -> None:
    journal.say(Chunk("a"))
    async with asyncio.timeout(60):
        while not log.batches:
            await asyncio.sleep(0.01)
    assert log.batches == [(2, [Chunk("a")])]


async def test_nothing_durable_is_seen_before_it_is_stored(
    journal: Journal, log: Log, live: LiveRun
) -> None:
    log.gate.clear()
    task = asyncio.create_task(journal.record(ToolStarted("a")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    journal.say(Chunk("later"))  # it must not overtake what stands before it
    assert seen(live) == []
    log.gate.set()
    await task
    await journal.flush()
    assert seen(live) == [2, 3]
    assert [first for first, _ in log.batches] == [2, 3]


async def test_records_at_once_share_writes_and_keep_their_order(
    journal: Journal, log: Log, live: LiveRun
) -> None:
    await asyncio.gather(*[journal.record(ToolStarted(str(n))) for n in range(50)])
    stored = [body for _, bodies in log.batches for body in bodies]
    assert stored == [ToolStarted(str(n)) for n in range(50)]
    assert seen(live) == list(range(2, 52))
    assert len(log.batches) < 5


async def test_a_cancelled_recorder_does_not_interrupt_the_write(
    journal: Journal, log: Log, live: LiveRun
) -> None:
    log.gate.clear()
    task = asyncio.create_task(journal.record(ToolStarted("a")))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    log.gate.set()
    await journal.close()
    assert log.batches == [(2, [ToolStarted("a")])]
    assert seen(live) == [2]


async def test_what_could_not_be_stored_goes_with_the_next_write(
    journal: Journal, log: Log, live: LiveRun
) -> None:
    log.error = Unavailable("the database is away")
    journal.say(Chunk("a"))
    with pytest.raises(Unavailable):
        await journal.record(step())
    log.error = None
    await journal.flush()
    assert log.batches == [(2, [Chunk("a"), step()])]
    assert seen(live) == [2, 3]


async def test_a_lost_lease_is_told(journal: Journal, log: Log, live: LiveRun) -> None:
    log.error = LeaseLost("gone")
    with pytest.raises(LeaseLost):
        await journal.record(step())
    assert seen(live) == []


async def test_the_fold_keeps_up(journal: Journal) -> None:
    journal.say(Chunk("a"))
    assert journal.run.text == "a"
    await journal.record(step())
    assert journal.run.steps[0].text == "a"


async def test_the_ending_goes_with_the_last_write(journal: Journal, log: Log) -> None:
    ending = Ending(RunStatus.COMPLETED, None, NOW)
    await journal.record(Ended(RunStatus.COMPLETED, "end", 0, 0), ending=ending)
    assert log.endings == [ending]


async def test_a_source_is_held_back_when_much_waits(journal: Journal) -> None:
    for _ in range(FULL):
        assert not journal.is_full
        journal.say(Chunk("x"))
    assert journal.is_full
    await journal.flush()
    assert not journal.is_full

"""The kept log: stored in batches, bounded, and never in the way of who logs."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from typing_extensions import override

from domain.monitoring.counting import LOG_DROPPED, Counts
from domain.monitoring.log_keeper import BATCH, LOGGER, QUEUE_LENGTH, LogKeeper
from domain.monitoring.logs import LogEntry, LogQuery
from domain.shared.errors import StoreUnavailable
from entrypoints.server.kept_logs import keeping_logs
from tests.domain.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.monitoring import FakeLogEntries


class Recording(FakeLogEntries):
    """Records the sizes of the batches; raises what is set first."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.error: Exception | None = None

    @override
    async def add(self, entries: Sequence[LogEntry], most: int) -> None:
        if self.error is not None:
            raise self.error
        self.batches.append(len(entries))
        await super().add(entries, most)


def keeper_of(entries: FakeLogEntries, counts: Counts | None = None) -> LogKeeper:
    return LogKeeper(entries, counts or Counts(), FakeClock(NOW), most=100_000)


def an_entry(number: int) -> LogEntry:
    return LogEntry(NOW + timedelta(seconds=number), "INFO", f"entry {number}", {"logger": "x"})


async def test_entries_are_stored_in_batches_in_their_order() -> None:
    entries = Recording()
    keeper = keeper_of(entries)
    for number in range(BATCH + 1):
        keeper.take(an_entry(number))
    assert not entries.kept

    newest = await keeper.newest(LogQuery(limit=2))

    assert entries.batches == [BATCH, 1]
    assert [entry.message for entry in newest] == [f"entry {BATCH}", f"entry {BATCH - 1}"]


async def test_what_does_not_fit_is_dropped_and_told() -> None:
    entries, counts = Recording(), Counts()
    keeper = keeper_of(entries, counts)
    for number in range(QUEUE_LENGTH + 3):
        keeper.take(an_entry(number))

    await keeper.store()

    told = [entry for entry in entries.kept if entry.level == "WARNING"]
    assert [entry.message.split(" entries")[0] for entry in told] == ["3"]
    assert len(entries.kept) == QUEUE_LENGTH + 1
    assert counts.take() == {LOG_DROPPED: 3}


async def test_entries_wait_while_the_database_is_away() -> None:
    entries = Recording()
    keeper = keeper_of(entries)
    for number in range(BATCH * 2):
        keeper.take(an_entry(number))
    entries.error = StoreUnavailable("away")
    await keeper.store()
    await keeper.store()
    entries.error = None

    await keeper.store()

    assert [entry.message for entry in entries.kept] == [f"entry {n}" for n in range(BATCH * 2)]


async def test_its_own_failures_are_not_kept() -> None:
    """Each would cause the next."""
    entries = Recording()
    keeper = keeper_of(entries)
    with keeping_logs(keeper.take):
        logging.getLogger("puerto").warning("a first")
        entries.error = ValueError("no such column")
        await keeper.store()
        entries.error = None
        logging.getLogger("puerto").warning("a second")
        await keeper.store()

    kept = {entry.message.partition(":")[0]: entry.metadata["logger"] for entry in entries.kept}
    assert kept == {"a second": "puerto", "1 entries of the log are not here": LOGGER}


async def test_what_is_left_is_stored_at_the_end() -> None:
    entries = Recording()
    keeper = keeper_of(entries)
    await keeper.start()
    keeper.take(an_entry(1))
    await keeper.stop()
    await keeper.stop()
    assert [entry.message for entry in entries.kept] == ["entry 1"]

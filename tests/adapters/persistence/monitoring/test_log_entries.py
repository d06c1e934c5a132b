"""Every store keeps the log, and finds in it what belongs together."""

from dataclasses import replace

from adapters.persistence import Store
from domain.monitoring.logs import LogEntry, LogQuery
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import MINUTE, NOW

RUN = new_id()
STARTED = LogEntry(NOW, "INFO", "started", {"logger": "puerto"})
ASKED = LogEntry(NOW + MINUTE, "INFO", "asked", {"logger": "access", "request_id": "q-1"})
RAN = LogEntry(
    NOW + 2 * MINUTE, "ERROR", "it failed", {"logger": "x", "request_id": "q-1", "run_id": RUN}
)
MOST = 1000


async def test_the_newest_come_first_and_one_id_finds_what_belongs_together(store: Store) -> None:
    entries = store.log_entries
    await entries.add([ASKED, RAN], MOST)
    await entries.add([STARTED], MOST)  # of a worker that stores later

    assert await entries.newest(LogQuery(10)) == [RAN, ASKED, STARTED]
    assert await entries.newest(LogQuery(2)) == [RAN, ASKED]
    assert await entries.newest(LogQuery(10, level="INFO")) == [ASKED, STARTED]
    assert await entries.newest(LogQuery(10, request_id="q-1")) == [RAN, ASKED]
    assert await entries.newest(LogQuery(10, run_id=RUN)) == [RAN]
    assert await entries.newest(LogQuery(10, "INFO", "q-1", RUN)) == []


async def test_the_oldest_go_when_there_are_too_many(store: Store) -> None:
    entries = store.log_entries
    for number in range(6):
        await entries.add([replace(STARTED, message=f"{number}-{part}") for part in "ab"], 5)

    kept = await entries.newest(LogQuery(100))

    assert [entry.message for entry in kept] == ["5-b", "5-a", "4-b", "4-a", "3-b"]


async def test_any_text_can_be_kept(store: Store) -> None:
    odd = replace(RAN, message="naïve \ufffd", metadata={"logger": "x", "user": "ø\0"})
    await store.log_entries.add([replace(odd, message="naïve \0")], MOST)
    (kept,) = await store.log_entries.newest(LogQuery(1))
    assert kept.metadata == odd.metadata
    assert kept.message in {odd.message, "naïve \0"}

"""Retention: one kind that fails keeps no other from its round."""

from datetime import datetime, timedelta

from typing_extensions import override

from domain.retention.retention import ExpiringRows, Retention
from domain.shared.errors import Unavailable
from tests.domain.builders import NOW
from tests.fakes.clock import FakeClock
from tests.support.log_lines import log_lines, with_words

DAY = timedelta(days=1)


class Rows(ExpiringRows):
    """Rows of two kinds; those of the first cannot be deleted."""

    def __init__(self) -> None:
        self.left = [2, 1]
        self.asked: list[tuple[str, datetime]] = []

    @override
    async def claim(self, now: datetime, until: datetime) -> bool:
        return now != NOW + DAY

    @override
    async def delete(self, kind: str, before: datetime) -> int:
        self.asked.append((kind, before))
        if kind == "broken":
            raise Unavailable("it is locked")
        return self.left.pop(0) if self.left else 0


async def test_what_was_deleted_is_counted_and_logged() -> None:
    rows, clock, counted = Rows(), FakeClock(NOW), list[tuple[str, int]]()
    retention = Retention(
        rows,
        clock,
        {"broken": DAY, "logs": 2 * DAY},
        count=lambda kind, number: counted.append((kind, number)),
        pause_seconds=0,
    )
    with log_lines() as lines:
        assert await retention.look()
        clock.advance(DAY)
        assert not await retention.look()

    assert counted == [("logs", 2), ("logs", 1)]
    assert rows.asked == [("broken", NOW - DAY), *[("logs", NOW - 2 * DAY)] * 3]
    assert with_words(lines, "old broken cannot be deleted: it is locked")
    assert with_words(lines, "3 rows of old logs were deleted")

"""The events in memory, for followers from elsewhere: which they get here, which from the log."""

from collections.abc import Sequence

import pytest

from domain.runs.cursors import Cursor
from domain.runs.events import Chunk, Event, Retried
from domain.runs.live import LiveRun, LiveRuns

EVENTS = [Event(4, 3, Retried(2, 3)), Event(5, 3, Chunk("new"))]


@pytest.fixture
def live() -> LiveRun:
    """The third attempt at a run, of which the second stored one event, number 3."""
    taken_over = LiveRun(attempt=3, first=4, before=2)
    taken_over.publish(EVENTS)
    return taken_over


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(2, 3),
        Cursor(2, 9),  # saw pieces of the second attempt that were never stored
    ],
)
def test_who_saw_what_is_stored_gets_all(live: LiveRun, cursor: Cursor) -> None:
    assert live.since(cursor) == EVENTS


def test_who_is_along_gets_what_follows(live: LiveRun) -> None:
    assert live.since(Cursor(3, 4)) == EVENTS[1:]
    assert live.since(Cursor(3, 5)) == []


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        Cursor(1, 2),
        Cursor(2, 2),
        Cursor(1, 9),  # saw lost pieces of the first attempt, and nothing of the second
        Cursor(4, 5),  # saw what came after us
    ],
)
def test_others_get_what_they_lack_from_the_log(live: LiveRun, cursor: Cursor | None) -> None:
    assert live.since(cursor) is None


async def test_who_waits_for_the_end_is_not_woken_for_pieces(live: LiveRun) -> None:
    news, end = live.news(), live.end()
    live.publish([Event(6, 3, Chunk("more"))])
    assert (news.done(), end.done()) == (True, False)
    live.close()
    assert end.done()


async def test_what_a_follower_takes_does_not_wake_it(live: LiveRun) -> None:
    offered: list[Sequence[Event]] = []

    def take_first(events: Sequence[Event]) -> bool:
        offered.append(events)
        return len(offered) == 1

    news = live.news(take_first)
    more = [[Event(number, 3, Chunk("more"))] for number in (6, 7, 8)]
    live.publish(more[0])
    assert not news.done()
    live.publish(more[1])
    assert news.done()
    live.publish(more[2])
    assert offered == more[:2]
    assert live.since(Cursor(3, 5)) == [*more[0], *more[1], *more[2]]


async def test_a_run_that_is_taken_over_again_here_leaves_no_follower_behind() -> None:
    lives = LiveRuns()
    first = lives.open("a", 1, 2)
    second = lives.open("a", 2, 5)
    assert (first.is_closed, lives.get("a")) == (True, second)

"""Live runs: the in-memory broker of the events of runs that this process drives.

There is one list of events for each run, shared by all its followers: a slow follower is an index
that lags behind, never a queue that grows.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from domain.runs.cursors import Cursor
from domain.runs.events import Event

POLL_SECONDS: Final = 0.25  # between polls of a run that is driven elsewhere
NUDGE_SECONDS: Final = 5.0  # between wake-ups of waiting followers, to check their deadlines

Take = Callable[[Sequence[Event]], bool]
"""Consumes events as they are published, or declines them (False); it must not raise."""


def leave(_: Sequence[Event]) -> bool:
    """Decline all events."""
    return False


class LiveRun:
    """The events of one run since this process took it over, and its waiting followers.

    ``first`` is the number of the first, ``before`` the attempt that wrote the one before it.
    """

    def __init__(self, attempt: int, first: int, before: int = 1) -> None:
        self._attempt = attempt
        self._first = first
        self._before = before
        self._events: list[Event] = []
        self._waiting: list[tuple[asyncio.Future[None], Take]] = []
        self._patient: list[asyncio.Future[None]] = []
        self.is_closed = False

    def publish(self, events: Sequence[Event]) -> None:
        """Append events, and wake the followers that decline them."""
        self._events += events
        waiting, self._waiting = self._waiting, []
        for news, take in waiting:
            if not news.done() and take(events):
                self._waiting.append((news, take))
            else:
                _resolve(news)

    def close(self) -> None:
        """Mark the run as no longer driven here, and wake all followers."""
        self.is_closed = True
        self.nudge()

    def since(self, cursor: Cursor | None) -> Sequence[Event] | None:
        """Return the events after the cursor, or None when they must be read from the log."""
        seen = cursor or Cursor(self._before, 0)
        if seen.number + 1 < self._first or not self._before <= seen.attempt <= self._attempt:
            return None
        if seen.attempt < self._attempt:
            return self._events[:]  # later pieces of the earlier attempt were never stored
        return self._events[seen.number + 1 - self._first :]

    def news(self, take: Take = leave) -> asyncio.Future[None]:
        """Return a future that is done when events are added, the run is closed, or on `nudge`.

        ``take`` is offered the new events first; if it consumes them, nobody is woken. No timer is
        set here: this runs once for each piece of each answer.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, take))
        return future

    def end(self) -> asyncio.Future[None]:
        """Return a future that is done when the run is closed, or on `nudge`."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._patient.append(future)
        return future

    def nudge(self) -> None:
        """Wake all waiting followers, so that they check their deadlines."""
        futures = [*(news for news, _ in self._waiting), *self._patient]
        self._waiting, self._patient = [], []
        for future in futures:
            _resolve(future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class LiveRuns:
    """The live runs of this process, by id."""

    def __init__(self, nudge_seconds: float = NUDGE_SECONDS) -> None:
        self._nudge_seconds = nudge_seconds
        self._runs: dict[str, LiveRun] = {}
        self._curious: dict[str, list[asyncio.Future[None]]] = {}
        self._ticker: asyncio.TimerHandle | None = None
        self.poll_seconds = POLL_SECONDS
        self.followers = 0  # streams of runs that this process serves
        self.is_draining = False  # the process is about to stop: followers should end

    def open(self, run_id: str, attempt: int, first: int, before: int = 1) -> LiveRun:
        """Begin to publish a run whose next event has the number ``first``.

        ``before`` is the attempt that wrote the last stored event, if there is one.
        """
        self.close(run_id)
        live = self._runs[run_id] = LiveRun(attempt, first, before)
        if self._ticker is None:
            self._ticker = asyncio.get_running_loop().call_later(self._nudge_seconds, self._tick)
        return live

    def close(self, run_id: str) -> None:
        """Stop publishing a run; its followers still read to the end."""
        live = self._runs.pop(run_id, None)
        if live is not None:
            live.close()

    def get(self, run_id: str) -> LiveRun | None:
        """Return a run, if this process drives it."""
        return self._runs.get(run_id)

    def _tick(self) -> None:
        self._ticker = None
        for live in self._runs.values():
            live.nudge()
        if self._runs:
            self._ticker = asyncio.get_running_loop().call_later(self._nudge_seconds, self._tick)

    async def news(self, topic_id: str, seconds: float) -> None:
        """Wait for a hint about this id, or until the time is up.

        The id is that of a run that is driven elsewhere, or of a conversation, for a new run.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        waiting = self._curious.setdefault(topic_id, [])
        waiting.append(future)
        timer = loop.call_later(seconds, _resolve, future)
        try:
            await future
        finally:
            timer.cancel()
            waiting.remove(future)
            if not waiting:
                self._curious.pop(topic_id, None)

    def hint(self, topic_id: str) -> None:
        """Wake those who wait for news of this run or conversation."""
        for future in self._curious.get(topic_id, ()):
            _resolve(future)

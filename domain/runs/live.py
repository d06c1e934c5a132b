"""The runs that this process drives, for followers that want every piece at once.

One list of events a run, shared by all who follow it: a slow follower is only an index that
lags behind, never a queue that grows.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from domain.runs.cursors import Cursor
from domain.runs.events import Event

POLL_SECONDS: Final = 0.25  # between looks at a run that is driven elsewhere
NUDGE_SECONDS: Final = 5.0  # between looks of those who wait at their clocks

Take = Callable[[Sequence[Event]], bool]
"""Takes events in the moment they are published, or leaves them (False); it must not raise."""


def leave(_: Sequence[Event]) -> bool:
    """Take nothing."""
    return False


class LiveRun:
    """The events of one run since this process took it over, and who waits for more.

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
        """Add events, numbered on from the last one, and wake the followers who leave them."""
        self._events += events
        waiting, self._waiting = self._waiting, []
        for news, take in waiting:
            if not news.done() and take(events):
                self._waiting.append((news, take))
            else:
                _resolve(news)

    def close(self) -> None:
        """Say that this process adds nothing more."""
        self.is_closed = True
        self.nudge()

    def since(self, cursor: Cursor | None) -> Sequence[Event] | None:
        """Return the events after the cursor, or None when others must come from the log."""
        seen = cursor or Cursor(self._before, 0)
        if seen.number + 1 < self._first or not self._before <= seen.attempt <= self._attempt:
            return None
        if seen.attempt < self._attempt:
            return self._events[:]  # what it saw beyond our first was never stored
        return self._events[seen.number + 1 - self._first :]

    def news(self, take: Take = leave) -> asyncio.Future[None]:
        """Return what is done when something was added, the run was closed, or `nudge` came.

        Until then ``take`` is offered what is added; what it takes wakes nobody. No timer is set
        here: this runs once for each piece of each answer.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, take))
        return future

    def end(self) -> asyncio.Future[None]:
        """Return what is done when the run was closed, or `nudge` came."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._patient.append(future)
        return future

    def nudge(self) -> None:
        """Let those who wait look at their clocks."""
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
        self.followers = 0  # how many follow a run through this process
        self.is_draining = False  # the process is about to stop: followers should not wait for long

    def open(self, run_id: str, attempt: int, first: int, before: int = 1) -> LiveRun:
        """Begin to share a run whose next event has the number ``first``.

        ``before`` is the attempt that wrote the last event that is stored, if there is one.
        """
        self.close(run_id)
        live = self._runs[run_id] = LiveRun(attempt, first, before)
        if self._ticker is None:
            self._ticker = asyncio.get_running_loop().call_later(self._nudge_seconds, self._tick)
        return live

    def close(self, run_id: str) -> None:
        """Stop sharing a run; who follows it still reads to the end."""
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

    async def news(self, what: str, seconds: float) -> None:
        """Return when what this id names may have changed, or the time is up.

        It is a run that is driven elsewhere, or a conversation, in which one may have begun.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        waiting = self._curious.setdefault(what, [])
        waiting.append(future)
        timer = loop.call_later(seconds, _resolve, future)
        try:
            await future
        finally:
            timer.cancel()
            waiting.remove(future)
            if not waiting:
                self._curious.pop(what, None)

    def hint(self, what: str) -> None:
        """Wake those who wait for news of a run or a conversation."""
        for future in self._curious.get(what, ()):
            _resolve(future)

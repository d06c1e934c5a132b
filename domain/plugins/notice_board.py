"""The notice board: hands what happens to those who watch, and never waits for them."""

import asyncio
import logging
from collections import deque
from dataclasses import replace
from typing import Final

from domain.notifications.notices import Notice, Observer
from domain.plugins.incidents import Part, ReportIncident, no_report
from domain.plugins.plugin import Registered
from domain.plugins.ports import Observers
from domain.shared.json_values import error_text
from domain.shared.untrusted import TooLate, original, within

WAITING: Final = 100  # notices that may wait for one observer
OBSERVER_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class NoticeBoard:
    """Tells every observer, each in its own time, one notice after the other.

    At most once: what an observer was too slow for, or raised at, is lost to it, and so is what
    waits when the process ends. A notice is seen in the process where it happened, and only there.
    """

    def __init__(
        self,
        source: Observers,
        *,
        waiting: int = WAITING,
        seconds: float = OBSERVER_SECONDS,
        tell: ReportIncident = no_report,
    ) -> None:
        self._tell = tell
        self._source = source
        self._waiting = waiting
        self._seconds = seconds
        self._watching: dict[int, _Watching] = {}  # a stranger's function need not be hashable

    def publish(self, notice: Notice) -> None:
        """Hand a notice over, and return at once."""
        observers = self._source.observers()
        if not (observers or self._watching):
            return
        present = {id(each.value) for each in observers}
        self._watching = {key: w for key, w in self._watching.items() if key in present}
        for each in observers:
            watching = self._watching.get(id(each.value))
            if watching is None:
                watching = _Watching(each, self._waiting, self._seconds, self._tell)
                self._watching[id(each.value)] = watching
            watching.tell(notice)

    async def close(self, seconds: float = 1.0) -> None:
        """Let the observers take what waits, for so many seconds."""
        tasks = [w.task for w in self._watching.values() if w.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class _Watching:
    """One observer, and what it is still to be told. The task lives while something waits."""

    def __init__(
        self, observer: Registered[Observer], waiting: int, seconds: float, tell: ReportIncident
    ) -> None:
        self._tell = tell
        self.task: asyncio.Task[None] | None = None
        self._observer = observer
        self._most = waiting
        self._seconds = seconds
        self._waiting = deque[Notice]()
        self._dropped = 0

    def tell(self, notice: Notice) -> None:
        if len(self._waiting) >= self._most:
            self._dropped += 1
            return
        self._waiting.append(notice)
        if self.task is None:
            self.task = asyncio.create_task(self._hand_over())

    async def _hand_over(self) -> None:
        try:
            while self._waiting:
                await self._show(self._waiting.popleft())
        finally:
            self.task = None

    async def _show(self, notice: Notice) -> None:
        own = replace(notice, data=dict(notice.data))  # what one observer changes, no other sees
        plugin = self._observer.plugin
        try:
            await within(self._seconds, lambda: self._observer.value(own))
        except Exception as error:  # noqa: BLE001  a stranger's code
            text = error_text(original(error))
            _log.error("an observer of the plugin %s missed %s: %s", plugin, notice.type, text)
            self._tell(plugin, Part.OBSERVER, error, self._observer.value)
        if self._dropped:
            _log.error("an observer of the plugin %s is slow: missed %d", plugin, self._dropped)
            late = TooLate(f"it is slow: it missed {self._dropped} notices")
            self._tell(plugin, Part.OBSERVER, late, self._observer.value)
            self._dropped = 0

"""The notice bus: delivers notices to observers in the background, each with its own queue."""

import asyncio
import logging
from collections import deque
from dataclasses import replace
from typing import Final

from domain.notifications.notices import Notice, Observer
from domain.notifications.ports import Notices
from domain.plugins.incidents import PluginPart, ReportIncident, no_report
from domain.plugins.plugin import Registered
from domain.plugins.ports import Observers
from domain.shared.json_values import error_text
from domain.shared.untrusted import TooLate, original, within

WAITING: Final = 100  # notices that may wait for one observer
OBSERVER_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class NoticeBus(Notices):
    """Delivers each notice to every observer, in order, without waiting for any.

    Delivery is at most once: an observer loses notices when its queue is full or it raises, and
    queued ones when the process ends. Notices stay within the process that published them.
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
        self._queues: dict[int, _ObserverQueue] = {}  # by id: a callable need not be hashable

    def publish(self, notice: Notice) -> None:
        """Queue a notice for every observer, and return at once."""
        observers = self._source.observers()
        if not (observers or self._queues):
            return
        present = {id(each.value) for each in observers}
        self._queues = {key: queue for key, queue in self._queues.items() if key in present}
        for each in observers:
            queue = self._queues.get(id(each.value))
            if queue is None:
                queue = _ObserverQueue(each, self._waiting, self._seconds, self._tell)
                self._queues[id(each.value)] = queue
            queue.put(notice)

    async def close(self, seconds: float = 1.0) -> None:
        """Wait up to ``seconds`` for the queues to drain, then cancel the deliveries."""
        tasks = [queue.task for queue in self._queues.values() if queue.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class _ObserverQueue:
    """The bounded queue of one observer. Its task runs only while notices wait."""

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

    def put(self, notice: Notice) -> None:
        if len(self._waiting) >= self._most:
            self._dropped += 1
            return
        self._waiting.append(notice)
        if self.task is None:
            self.task = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._deliver(self._waiting.popleft())
        finally:
            self.task = None

    async def _deliver(self, notice: Notice) -> None:
        own = replace(notice, data=dict(notice.data))  # an observer may change its copy
        plugin = self._observer.plugin
        try:
            await within(self._seconds, lambda: self._observer.value(own))
        except Exception as error:  # noqa: BLE001  untrusted code
            text = error_text(original(error))
            _log.error("an observer of the plugin %s missed %s: %s", plugin, notice.type, text)
            self._tell(plugin, PluginPart.OBSERVER, error, self._observer.value)
        if self._dropped:
            _log.error("an observer of the plugin %s is slow: missed %d", plugin, self._dropped)
            late = TooLate(f"it is slow: it missed {self._dropped} notices")
            self._tell(plugin, PluginPart.OBSERVER, late, self._observer.value)
            self._dropped = 0

"""The collector: polls plugins for metrics and alerts, each round on one of all workers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from domain.monitoring.ports import Monitoring, Sources
from domain.monitoring.readings import MonitoringReport, alert_notice
from domain.monitoring.reported import read_alerts, read_figures
from domain.notifications.ports import Notices
from domain.plugins.incidents import PluginPart, ReportIncident, no_report
from domain.plugins.plugin import Registered
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import PuertoError
from domain.shared.json_values import error_text
from domain.shared.log_context import failures_logged, log_failure
from domain.shared.text import shorten
from domain.shared.untrusted import contained, within

_LOOKS: Final = 10  # how often a worker tries to claim a round, in the interval of one
_PROBLEM_LENGTH: Final = 300

_log = logging.getLogger(__name__)

T = TypeVar("T")
Question = Callable[[], Awaitable[object]]


class Collector:
    """Polls all plugins concurrently, stores their reports, and publishes changed alerts.

    A round begins every ``seconds``, on the worker that claims it first; a plugin's timeout is half
    that time. A function that hangs is not called again before it has returned.
    """

    def __init__(
        self,
        sources: Sources,
        monitoring: Monitoring,
        notices: Notices,
        clock: Clock,
        *,
        seconds: float = 60.0,
        tell: ReportIncident = no_report,
    ) -> None:
        self._tell = tell
        self._sources = sources
        self._monitoring = monitoring
        self._notices = notices
        self._clock = clock
        self._seconds = seconds
        self._in_progress: set[int] = set()
        self._background = BackgroundTask()

    async def start(self) -> None:
        """Start the background loop that claims rounds when they are due."""
        self._background.start(self._keep_looking())

    async def stop(self) -> None:
        """Stop the background loop. Stopping twice is no error."""
        await self._background.stop()

    async def _keep_looking(self) -> None:
        while True:
            with failures_logged(_log, "figures and alerts are not asked for"):
                await self.look()
            await asyncio.sleep(self._seconds / _LOOKS)

    async def look(self) -> bool:
        """Claim a round if one is due and poll all plugins; return whether one was due.

        Raises:
            Unavailable: the database does not answer.

        """
        now = self._clock.now()
        if not await self._monitoring.claim(now, now + timedelta(seconds=self._seconds)):
            return False
        figures, alerts = _by_plugin(self._sources.figures()), _by_plugin(self._sources.alerts())
        plugins = {*figures, *alerts}
        await self._monitoring.forget_others(plugins)
        async with asyncio.TaskGroup() as group:
            for plugin in plugins:
                questions = figures.get(plugin, ()), alerts.get(plugin, ())
                group.create_task(self._ask(plugin, now, *questions))
        return True

    async def _ask(
        self, plugin: str, at: datetime, figures: Sequence[Question], alerts: Sequence[Question]
    ) -> None:
        """Poll a plugin, store its report with any problems, and publish changed alerts."""
        counted, watched = await asyncio.gather(
            self._answers(plugin, PluginPart.FIGURES, figures, read_figures),
            self._answers(plugin, PluginPart.ALERTS, alerts, read_alerts),
        )
        problems = [*counted.problems, *watched.problems]
        report = MonitoringReport(
            plugin,
            at,
            None if counted.problems else {k: v for each in counted.good for k, v in each.items()},
            None if watched.problems else [alert for each in watched.good for alert in each],
            "; ".join(dict.fromkeys(problems)),
        )
        try:
            for changed in await self._monitoring.keep(report):
                self._notices.publish(alert_notice(changed))
        except PuertoError as error:
            log_failure(_log, f"what the plugin {plugin} says cannot be kept", error)

    async def _answers(
        self, plugin: str, part: PluginPart, questions: Sequence[Question], read: Callable[[Any], T]
    ) -> "_Answers[T]":
        """Return the answers of all functions of one kind, and their problems."""
        calls = (self._answer(each) for each in questions)
        collected = _Answers[T]()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for question, answer in zip(questions, answers, strict=True):
            try:
                with contained():
                    collected.good.append(read(_good(answer)))
            except Exception as error:  # noqa: BLE001  untrusted code
                _log.warning(
                    "the plugin %s does not say how things are: %s", plugin, error_text(error)
                )
                self._tell(plugin, part, error, question)
                collected.problems.append(shorten(_message(error), _PROBLEM_LENGTH))
        return collected

    async def _answer(self, question: Question) -> object:
        """Return the answer of a function, unless its last call has not returned yet.

        Raises:
            TimeoutError: it took too long, or its last call has not returned.

        """
        number = id(question)  # a plugin's callable need not be hashable
        if number in self._in_progress:
            raise TimeoutError("it has not come back since it was asked last")

        async def ask() -> object:
            self._in_progress.add(number)
            try:
                return await question()
            finally:
                self._in_progress.discard(number)

        return await within(self._seconds / 2, ask)


@dataclass(slots=True)
class _Answers(Generic[T]):
    """The answers of one plugin's functions, and the problems of those that failed."""

    good: list[T] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def _message(error: Exception) -> str:
    """Return an error's message without its type, or the type where there is no message."""
    name, _, message = error_text(error).partition(": ")
    return message or name


def _good(answer: object) -> object:
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _by_plugin(registered: Sequence[Registered[Any]]) -> Mapping[str, Sequence[Question]]:
    grouped: dict[str, list[Question]] = {}
    for each in registered:
        grouped.setdefault(each.plugin, []).append(each.value)
    return grouped

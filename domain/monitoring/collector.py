"""The collector: asks plugins for figures and alerts, once in a while, on one worker of all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from domain.monitoring.ports import Monitoring, Sources
from domain.monitoring.readings import Report, Standing
from domain.monitoring.reported import read_alerts, read_figures
from domain.notifications.notices import Notice, NoticeType
from domain.notifications.ports import Notices
from domain.plugins.incidents import Part, ReportIncident, no_report
from domain.plugins.plugin import Registered
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import PuertoError
from domain.shared.json_values import error_text
from domain.shared.log_context import failures_logged, log_failure
from domain.shared.text import shorten
from domain.shared.untrusted import contained, within

_LOOKS: Final = 10  # how often a worker looks for a round that is due, in the time of one
_PROBLEM_LENGTH: Final = 300

_log = logging.getLogger(__name__)

T = TypeVar("T")
Question = Callable[[], Awaitable[object]]


class Collector:
    """Asks every plugin, each for itself, and publishes what changed of the alerts.

    A round begins every ``seconds``, on whichever worker looks first; within half that time a
    plugin must have answered. One that hangs is asked again when it has come back.
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
        self._asked: set[int] = set()
        self._background = BackgroundTask()

    async def start(self) -> None:
        """Begin to look for rounds that are due."""
        self._background.start(self._keep_looking())

    async def stop(self) -> None:
        """Ask no more. Stopping twice is no error."""
        await self._background.stop()

    async def _keep_looking(self) -> None:
        while True:
            with failures_logged(_log, "figures and alerts are not asked for"):
                await self.look()
            await asyncio.sleep(self._seconds / _LOOKS)

    async def look(self) -> bool:
        """Ask all plugins if a round is due; tell whether it was.

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
        """Ask a plugin, and keep and publish what it says; whatever goes wrong is kept too."""
        counted, watched = await asyncio.gather(
            self._answers(plugin, Part.FIGURES, figures, read_figures),
            self._answers(plugin, Part.ALERTS, alerts, read_alerts),
        )
        problems = [*counted.problems, *watched.problems]
        report = Report(
            plugin,
            at,
            None if counted.problems else {k: v for each in counted.good for k, v in each.items()},
            None if watched.problems else [alert for each in watched.good for alert in each],
            "; ".join(dict.fromkeys(problems)),
        )
        try:
            for changed in await self._monitoring.keep(report):
                self._notices.publish(_notice(changed))
        except PuertoError as error:
            log_failure(_log, f"what the plugin {plugin} says cannot be kept", error)

    async def _answers(
        self, plugin: str, part: Part, questions: Sequence[Question], read: Callable[[Any], T]
    ) -> "_Answers[T]":
        """Return what all functions of one kind say, and what went wrong."""
        asked = (self._answer(each) for each in questions)
        found = _Answers[T]()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for question, answer in zip(questions, answers, strict=True):
            try:
                with contained():
                    found.good.append(read(_good(answer)))
            except Exception as error:  # noqa: BLE001  a stranger's code
                _log.warning(
                    "the plugin %s does not say how things are: %s", plugin, error_text(error)
                )
                self._tell(plugin, part, error, question)
                found.problems.append(shorten(_said(error), _PROBLEM_LENGTH))
        return found

    async def _answer(self, question: Question) -> object:
        """Return what a function says; it is not asked again while it has not come back.

        Raises:
            TimeoutError: it took too long, now or before.

        """
        number = id(question)  # a stranger's function need not be hashable
        if number in self._asked:
            raise TimeoutError("it has not come back since it was asked last")

        async def ask() -> object:
            self._asked.add(number)
            try:
                return await question()
            finally:
                self._asked.discard(number)

        return await within(self._seconds / 2, ask)


@dataclass(slots=True)
class _Answers(Generic[T]):
    """What the functions of one plugin said, and why others did not."""

    good: list[T] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def _said(error: Exception) -> str:
    """Return the message alone: those of ours say what is wrong."""
    name, _, message = error_text(error).partition(": ")
    return message or name


def _good(answer: object) -> object:
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _by_plugin(registered: Sequence[Registered[Any]]) -> Mapping[str, Sequence[Question]]:
    found: dict[str, list[Question]] = {}
    for each in registered:
        found.setdefault(each.plugin, []).append(each.value)
    return found


def _notice(standing: Standing) -> Notice:
    alert = standing.alert
    data = {"plugin": standing.plugin, "key": alert.key, "title": alert.title}
    return Notice(NoticeType(f"alert.{alert.severity}"), standing.since, data)

"""The collector: every plugin is asked, none can spoil it for the others, and news come once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from domain.monitoring.alerts import Alert, Severity
from domain.monitoring.collector import Collector
from domain.monitoring.readings import MonitoringReport, Standing
from domain.notifications.notices import NoticeType
from domain.plugins.plugin import Registered
from domain.shared.errors import Unavailable
from tests.domain.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.monitoring import FakeMonitoring, FakeNotices

MINUTE = timedelta(minutes=1)
Function = Callable[[], Awaitable[Any]]


class Plugins:
    """What plugins registered, which a test may change."""

    def __init__(self) -> None:
        self.counting: list[tuple[str, Function]] = []
        self.watching: list[tuple[str, Function]] = []

    def figures(self) -> Sequence[Registered[Function]]:
        return [Registered(*each) for each in self.counting]

    def alerts(self) -> Sequence[Registered[Function]]:
        return [Registered(*each) for each in self.watching]


class Round:
    """A collector over fakes, whose rounds a test begins."""

    def __init__(self, seconds: float = 60.0) -> None:
        self.plugins = Plugins()
        self.monitoring = FakeMonitoring()
        self.notices = FakeNotices()
        self.clock = FakeClock(NOW)
        self.collector = self.another(seconds)

    def another(self, seconds: float = 60.0) -> Collector:
        """Return the collector of another worker."""
        return Collector(self.plugins, self.monitoring, self.notices, self.clock, seconds=seconds)

    async def next(self) -> list[tuple[NoticeType, str]]:
        """Let a minute pass, and the round that is due; return what was published in it."""
        self.clock.advance(MINUTE)
        self.notices.published.clear()
        assert await self.collector.look()
        return [(notice.type, notice.data["key"]) for notice in self.notices.published]

    async def problems(self) -> dict[str, str]:
        return {source.plugin: source.problem for source in (await self.monitoring.read(9)).sources}


def saying(*answers: Any) -> Function:
    """Return a function that says these things, one after the other, and then the last again."""
    left = list(answers)

    async def say() -> Any:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return say


def alert(severity: Severity, key: str = "cpu") -> Alert:
    return Alert(key, severity, f"{key} of web-1")


BAD, WARNED, GOOD = (alert(each) for each in (Severity.CRITICAL, Severity.WARNING, Severity.OK))


async def test_of_all_workers_one_asks() -> None:
    house = Round()
    house.plugins.counting = [("aws", saying({"aws_instances": 3}))]
    workers = [house.another() for _ in range(5)]
    assert sorted(await asyncio.gather(*(each.look() for each in workers))) == [False] * 4 + [True]
    house.clock.advance(MINUTE)
    assert await workers[0].look()
    assert not await workers[1].look()


@pytest.mark.parametrize(
    ("states", "news"),
    [
        ([[GOOD]], [[]]),
        ([[BAD]], [["alert.critical"]]),
        ([[BAD], [BAD], [BAD]], [["alert.critical"], [], []]),
        ([[BAD], [GOOD], [BAD]], [["alert.critical"], ["alert.ok"], ["alert.critical"]]),
        ([[WARNED], [BAD], [WARNED]], [["alert.warning"], ["alert.critical"], ["alert.warning"]]),
        ([[BAD], []], [["alert.critical"], ["alert.ok"]]),
        ([[BAD], TimeoutError("cloud"), [BAD]], [["alert.critical"], [], []]),
        ([[GOOD], []], [[], []]),
    ],
)
async def test_a_change_of_state_is_published_once(states: Any, news: Any) -> None:
    house = Round()
    house.plugins.watching = [("aws", saying(*states))]
    published = [[type_.value for type_, _ in await house.next()] for _ in states]
    assert published == news


async def test_a_notice_says_what_it_is_about_and_since_when() -> None:
    house = Round()
    house.plugins.watching = [("aws", saying([BAD]))]
    await house.next()
    (notice,) = house.notices.published
    assert notice.data == {"plugin": "aws", "key": "cpu", "title": "cpu of web-1"}
    assert notice.at == NOW + MINUTE
    await house.next()
    (standing,) = (await house.monitoring.read(9)).alerts
    assert standing.since == NOW + MINUTE


async def test_a_broken_plugin_is_its_own_problem() -> None:
    house = Round()
    many = [alert(Severity.OK, str(n)) for n in range(5_001)]
    wrong: dict[str, Function] = {
        "raises": saying(ZeroDivisionError("division by zero")),
        "ends": saying(SystemExit(1)),
        "cancels": saying(asyncio.CancelledError()),
        "talks": saying("all is well"),
        "floods": saying(many),
        "mistypes": saying([Alert("k", "dreadful", "t")]),  # type: ignore[arg-type]  # on purpose
        "unnamed": saying([Alert("", Severity.OK, "t")]),
        "hidden": saying([Alert("k\x00", Severity.OK, "t")]),
        "verbose": saying([Alert("k", Severity.OK, "t", {"text": "x" * 6_000})]),
    }
    house.plugins.watching = [*wrong.items(), ("good", saying([BAD]))]
    house.plugins.counting = [
        ("good", saying({"good_things": 2})),
        ("nan", saying({"x": float("nan")})),
        ("none", saying(None)),
    ]
    assert await house.next() == [(NoticeType.ALERT_CRITICAL, "cpu")]
    problems = await house.problems()
    assert problems.pop("good") == ""
    assert problems["raises"] == "division by zero"
    assert set(problems) == {*wrong, "nan", "none"}
    assert all(problems.values())
    readings = await house.monitoring.read(9)
    assert readings.figures() == {"good_things": 2.0}
    assert readings.count(Severity.OK) == 0


async def test_one_that_hangs_is_left_and_not_asked_again_until_it_comes_back() -> None:
    house = Round(seconds=0.2)
    gate, asked = asyncio.Event(), list[int]()

    async def stubborn() -> dict[str, float]:
        asked.append(1)
        while not gate.is_set():
            try:
                await gate.wait()
            except asyncio.CancelledError:
                continue
        return {"late": 1}

    house.plugins.counting = [("stubborn", stubborn), ("good", saying({"x": 1}))]
    for _ in range(3):
        await house.next()
    assert asked == [1]
    problems = await house.problems()
    assert (problems["good"], "not come back" in problems["stubborn"]) == ("", True)
    gate.set()
    await asyncio.sleep(0)
    while not (await house.next() or len(asked) > 1):
        await asyncio.sleep(0)
    assert (await house.problems())["stubborn"] == ""


async def test_what_went_wrong_is_forgotten_with_the_plugin() -> None:
    house = Round()
    house.plugins.watching = [("aws", saying([BAD])), ("gcp", saying([WARNED]))]
    await house.next()
    house.plugins.watching.pop()
    assert await house.next() == []  # nobody says that it is over: nobody looks any more
    readings = await house.monitoring.read(9)
    assert {plugin for plugin, _ in readings.counts} == {"aws"}


async def test_figures_of_one_plugin_and_of_several_are_put_together() -> None:
    house = Round()
    house.plugins.counting = [
        ("one", saying({"a": 1, "b": 2})),
        ("one", saying({"c": 3})),
        ("two", saying({"a": 10})),
    ]
    await house.next()
    assert (await house.monitoring.read(9)).figures() == {"a": 11, "b": 2, "c": 3}


async def test_a_database_that_goes_away_stops_neither_the_rounds_nor_the_end() -> None:
    house = Round(seconds=0.01)
    kept: list[MonitoringReport] = []

    class Flaky(FakeMonitoring):
        async def keep(self, report: MonitoringReport) -> Sequence[Standing]:
            kept.append(report)
            if len(kept) == 1:
                raise Unavailable("The database does not answer.")
            return await super().keep(report)

        async def claim(self, now: Any, until: Any) -> bool:
            return True

    house.monitoring = Flaky()
    house.plugins.watching = [("aws", saying([BAD]))]
    collector = house.another(seconds=0.01)
    await collector.start()
    async with asyncio.timeout(60):
        while not house.notices.published:
            await asyncio.sleep(0)
    await collector.stop()
    await collector.stop()
    assert [notice.type for notice in house.notices.published] == [NoticeType.ALERT_CRITICAL]

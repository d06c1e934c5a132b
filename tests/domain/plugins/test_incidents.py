"""What plugins did wrong: counted by part, with the last error and where it was."""

import math
from datetime import timedelta

from domain.plugins.incidents import Incident, Incidents, PluginPart
from domain.plugins.plugin import ChatModelOffer, Registered
from domain.shared.untrusted import Contained
from tests.domain.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.models import FakeModel


def careless(value: float) -> float:
    return math.log(value)


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def raised(work: object = careless) -> BaseException:
    try:
        careless(0)
    except ValueError as error:
        return error
    raise AssertionError(work)


def place(offset: int) -> str:
    return f"{__file__}:{careless.__code__.co_firstlineno + offset}"


def test_the_last_of_each_part_is_kept_and_all_are_counted() -> None:
    clock = FakeClock(NOW)
    incidents = Incidents(clock, tuple)
    incidents.note("rules", PluginPart.VETO, raised(), careless)
    clock.advance(timedelta(minutes=1))
    incidents.note(
        "rules", PluginPart.VETO, Contained("it raised SystemExit", SystemExit(3)), careless
    )
    incidents.note("rules", PluginPart.TASK, raised())
    incidents.note("other", PluginPart.OBSERVER, TimeoutError("too late"), careless)

    later = NOW + timedelta(minutes=1)
    assert incidents.of("rules") == [
        Incident(PluginPart.VETO, 2, "SystemExit: 3", place(0), later, NOW),
        Incident(PluginPart.TASK, 1, "ValueError: math domain error", place(1), later, later),
    ]
    assert incidents.of("other") == [
        Incident(PluginPart.OBSERVER, 1, "TimeoutError: too late", place(0), later, later)
    ]
    assert incidents.of("nobody") == []


def test_the_place_is_the_innermost_in_the_plugins_own_package() -> None:
    incidents = Incidents(FakeClock(NOW), tuple)
    incidents.note("rules", PluginPart.VETO, raised(), careless)
    assert incidents.of("rules")[0].where == place(1)
    stranger = type(incidents)  # of another package
    incidents.note("rules", PluginPart.ALERTS, raised(), stranger)
    assert incidents.of("rules")[1].where == place(1)


def test_any_error_can_be_taken_down_in_bounds() -> None:
    incidents = Incidents(FakeClock(NOW), tuple)
    for error in (Speechless(), ValueError("x" * 10_000), ValueError("\ud800\x00"), KeyError()):
        incidents.note("rules", PluginPart.VETO, error, object())
        last = incidents.of("rules")[0]
        assert len(last.last_error) <= 300
        last.last_error.encode()
    for number in range(2_000):
        incidents.note(f"plugin {number}", PluginPart.VETO, KeyError())
    assert incidents.of("plugin 1999") == []
    incidents.note("rules", PluginPart.VETO, KeyError())
    assert incidents.of("rules")[0].count == 5  # those that are known are counted on


def test_a_provider_is_its_plugins() -> None:
    offer = Registered("talker", ChatModelOffer("parrot", FakeModel, "grey"))
    incidents = Incidents(FakeClock(NOW), lambda: [offer])
    incidents.note_of_model("parrot", raised())
    incidents.note_of_model("openai", raised())
    assert [(each.part, each.count) for each in incidents.of("talker")] == [(PluginPart.MODEL, 1)]
    assert incidents.of("openai") == []

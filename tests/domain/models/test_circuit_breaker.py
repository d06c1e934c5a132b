"""Providers that fail in a row are spared, and probed ever more rarely."""

from datetime import timedelta

import pytest

from domain.models.circuit_breaker import CircuitBreaker
from domain.shared.errors import ProviderReason
from tests.fakes.clock import FakeClock

OVERLOADED = ProviderReason.OVERLOADED


def circuit_breaker(clock: FakeClock) -> CircuitBreaker:
    return CircuitBreaker(clock, threshold=3, first_pause=10, longest_pause=25)


def fail(seen: CircuitBreaker, times: int, reason: ProviderReason = OVERLOADED) -> None:
    for _ in range(times):
        seen.failed("a", reason)


def test_a_few_failures_or_an_answer_between_them_are_forgiven() -> None:
    seen = circuit_breaker(FakeClock())
    fail(seen, 2)
    seen.answered("a")
    fail(seen, 2)
    assert seen.admits("a")
    assert seen.failing() == {}


@pytest.mark.parametrize("reason", ProviderReason)
def test_failures_that_speak_of_the_request_do_not_count(reason: ProviderReason) -> None:
    seen = circuit_breaker(FakeClock())
    fail(seen, 9, reason)
    of_the_request = reason in {ProviderReason.REJECTED, ProviderReason.MODEL_NOT_FOUND}
    assert seen.failing() == ({} if of_the_request else {"a": reason})
    assert seen.admits("a") is of_the_request
    assert seen.admits("b")


def test_one_question_is_let_through_after_each_pause_and_the_pauses_grow() -> None:
    clock = FakeClock()
    seen = circuit_breaker(clock)
    fail(seen, 3)
    for pause in (10, 20, 25, 25):
        fail(seen, 5)  # those who had nobody else to ask: the pause is none the longer
        clock.advance(timedelta(seconds=pause - 1))
        assert not seen.admits("a")
        clock.advance(timedelta(seconds=1))
        assert seen.admits("a")
        assert not seen.admits("a")
        assert seen.failing() == {"a": OVERLOADED}


def test_an_answer_closes_it_and_the_next_time_begins_anew() -> None:
    clock = FakeClock()
    seen = circuit_breaker(clock)
    fail(seen, 3)
    clock.advance(timedelta(seconds=10))
    assert seen.admits("a")
    seen.answered("a")
    assert seen.failing() == {}
    assert seen.admits("a")
    fail(seen, 3, ProviderReason.TIMEOUT)
    assert seen.failing() == {"a": ProviderReason.TIMEOUT}
    clock.advance(timedelta(seconds=10))
    assert seen.admits("a")

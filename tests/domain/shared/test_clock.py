"""The clock of this machine."""

from datetime import UTC, timedelta

from domain.shared.clock import SystemClock


def test_the_time_is_in_utc_and_goes_on() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert timedelta(0) <= second - first

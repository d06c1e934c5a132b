"""Refusals that are remembered."""

from domain.limits.policy import SECOND, LimitPolicy
from domain.limits.refusals import RememberedRefusals
from tests.fakes.limits import FakeBuckets

POLICY = LimitPolicy("default", 60)


class Time:
    seconds = 1000.0

    def microseconds(self) -> int:
        return int(self.seconds * SECOND)


async def test_who_is_refused_asks_no_database_until_there_is_a_token() -> None:
    time = Time()
    stored = FakeBuckets(time.microseconds)
    buckets = RememberedRefusals(stored, lambda: time.seconds)
    verdicts = [await buckets.take("a", POLICY) for _ in range(200)]
    assert sum(each.is_allowed for each in verdicts) == 60
    assert stored.asked == 61
    assert verdicts[-1].retry_after == 1

    time.seconds += 0.5
    refused = await buckets.take("a", POLICY)
    assert (refused.is_allowed, refused.wait, refused.full_after) == (False, SECOND // 2, 60)
    assert (await buckets.take("b", POLICY)).is_allowed  # others are others
    time.seconds += 0.5
    assert (await buckets.take("a", POLICY)).is_allowed
    assert not (await buckets.take("a", POLICY)).is_allowed

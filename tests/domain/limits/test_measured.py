"""Verdicts are counted."""

from domain.limits.measured import MeasuredBuckets
from domain.limits.policy import LimitPolicy
from domain.telemetry.measurements import Measurements, Sample
from tests.fakes.limits import FakeBuckets


async def test_verdicts_are_counted_by_policy() -> None:
    measurements = Measurements()
    buckets = MeasuredBuckets(FakeBuckets(lambda: 0), measurements)
    for policy in (LimitPolicy("default", 3), LimitPolicy("login", 1)):
        for _ in range(5):
            await buckets.take(policy.name, policy)
    name = "puerto_rate_limit_verdicts_total"
    assert measurements.take() == {
        Sample(name, ("default", "allowed"), ""): 3,
        Sample(name, ("default", "refused"), ""): 2,
        Sample(name, ("login", "allowed"), ""): 1,
        Sample(name, ("login", "refused"), ""): 4,
    }

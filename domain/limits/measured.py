"""Verdicts of the rate limits, counted for `/metrics`."""

from domain.limits.policy import LimitPolicy, LimitVerdict
from domain.limits.ports import Buckets
from domain.telemetry.measurements import Measurements
from domain.telemetry.metrics import LIMIT_VERDICTS


class MeasuredBuckets(Buckets):
    """Buckets whose verdicts are counted, by policy."""

    def __init__(self, buckets: Buckets, measurements: Measurements) -> None:
        self._buckets = buckets
        self._measurements = measurements

    async def take(self, key: str, policy: LimitPolicy) -> LimitVerdict:
        """Take a token, if there is one."""
        verdict = await self._buckets.take(key, policy)
        said = "allowed" if verdict.is_allowed else "refused"
        self._measurements.count(LIMIT_VERDICTS, policy.name, said)
        return verdict

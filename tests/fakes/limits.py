"""Token buckets in memory, kept as tokens and not as GCRA has them: adapters are held to them."""

import time
from collections.abc import Callable
from fractions import Fraction

from typing_extensions import override

from domain.limits.policy import LimitPolicy, LimitVerdict
from domain.limits.ports import Buckets


def _now() -> int:
    return time.time_ns() // 1000


class FakeBuckets(Buckets):
    """``now`` returns microseconds; ``asked`` counts the questions."""

    def __init__(self, now: Callable[[], int] = _now) -> None:
        self._now = now
        self._tokens: dict[str, tuple[LimitPolicy, int, Fraction]] = {}
        self.asked = 0

    @override
    async def take(self, key: str, policy: LimitPolicy) -> LimitVerdict:
        self.asked += 1
        tokens = self._filled(key, policy)
        is_allowed = tokens >= 1
        left = tokens - 1 if is_allowed else tokens
        self._tokens[key] = (policy, self._now(), left)
        return LimitVerdict(policy, is_allowed, int((policy.quota - left) * policy.interval))

    def _filled(self, key: str, policy: LimitPolicy) -> Fraction:
        if key not in self._tokens:
            return Fraction(policy.quota)
        _, at, tokens = self._tokens[key]
        return min(Fraction(policy.quota), tokens + Fraction(self._now() - at, policy.interval))

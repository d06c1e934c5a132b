"""Limit policies, and the verdict on a request: a token bucket, as GCRA keeps one.

The generic cell rate algorithm (ITU-T I.371) needs one number for each bucket: when it will be full
again. Times here are whole microseconds, so that a policy holds to the request.
"""

from dataclasses import dataclass
from typing import Final

from domain.shared.errors import RateLimited

SECOND: Final = 1_000_000
WINDOW: Final = 60


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """A full bucket has ``quota`` tokens, and ``window`` seconds fill an empty one, evenly."""

    name: str
    quota: int
    window: int = WINDOW

    @property
    def interval(self) -> int:
        """Microseconds until one more token is there, rounded up."""
        return -(-self.window * SECOND // self.quota)

    @property
    def capacity(self) -> int:
        """Microseconds that an empty bucket needs to be full."""
        return self.quota * self.interval

    @property
    def most_used(self) -> int:
        """Microseconds that a bucket with one token still needs to be full."""
        return self.capacity - self.interval


@dataclass(frozen=True, slots=True)
class LimitVerdict:
    """Whether a request may pass; ``until_full`` is what its bucket needs, in microseconds."""

    policy: LimitPolicy
    is_allowed: bool
    until_full: int

    @property
    def remaining(self) -> int:
        """How many more requests would pass now."""
        if not self.is_allowed:
            return 0
        free = self.policy.capacity - self.until_full
        return min(self.policy.quota, max(0, free // self.policy.interval))

    @property
    def full_after(self) -> int:
        """Whole seconds until the bucket is full again."""
        return max(0, -(-self.until_full // SECOND))

    @property
    def wait(self) -> int:
        """Microseconds until one request passes; 0 where this one did."""
        return 0 if self.is_allowed else max(1, self.until_full - self.policy.most_used)

    @property
    def retry_after(self) -> int:
        """Whole seconds until one request passes; 0 where this one did."""
        return -(-self.wait // SECOND)


class LimitReached(RateLimited):
    """A bucket is empty; ``verdict`` is on the request that found it so."""

    def __init__(self, verdict: LimitVerdict) -> None:
        policy, seconds = verdict.policy, verdict.retry_after
        super().__init__(
            f"Too many requests: {policy.quota} in {policy.window} seconds are taken here. "
            f"Try again in {seconds} {'second' if seconds == 1 else 'seconds'}.",
            retry_after=seconds,
        )
        self.verdict = verdict

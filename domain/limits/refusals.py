"""Refusals that are remembered, so that who is refused costs the database nothing."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from domain.limits.policy import SECOND, LimitPolicy, LimitVerdict
from domain.limits.ports import Buckets

_MOST: Final = 10_000


class RememberedRefusals(Buckets):
    """Buckets that are not asked again before they can have a token.

    Until then nobody gets one, on any worker: a bucket fills at its own pace, whoever asks. The
    moment that counts is the one before the question, so nobody is held up longer than needed.
    """

    def __init__(self, buckets: Buckets, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = buckets
        self._clock = clock
        self._refused: dict[str, tuple[int, LimitVerdict]] = {}

    async def take(self, key: str, policy: LimitPolicy) -> LimitVerdict:
        """Take a token, if there is one."""
        now = round(self._clock() * SECOND)
        if (refused := self._refused.get(key)) is not None:
            at, verdict = refused
            if now - at < verdict.wait:
                return replace(verdict, until_full=verdict.until_full - (now - at))
            del self._refused[key]
        verdict = await self._buckets.take(key, policy)
        if not verdict.is_allowed:
            if len(self._refused) >= _MOST:
                self._refused.clear()
            self._refused[key] = now, verdict
        return verdict

"""A cache of what was looked up in the last seconds: sessions, API keys, users."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from domain.shared.clock import Clock

RECHECK_SECONDS: Final = 5.0  # so long another worker may accept what was revoked
_RECHECK: Final = timedelta(seconds=RECHECK_SECONDS)
_SIZE: Final = 10_000

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")


class Recent(Generic[Key, Kept]):
    """Keeps each entry for `RECHECK_SECONDS`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Key, tuple[datetime, Kept]] = {}

    def get(self, key: Key) -> Kept | None:
        """Return what was put under this key, unless it is too old."""
        found, now = self._kept.get(key), self._clock.now()
        # A time in the future: the clock was set back, and the entry's age is unknown.
        if found is None or not now - _RECHECK < found[0] <= now:
            self._kept.pop(key, None)
            return None
        return found[1]

    def put(self, key: Key, kept: Kept) -> None:
        """Keep something as of now."""
        if len(self._kept) >= _SIZE:
            self._kept.clear()
        self._kept[key] = self._clock.now(), kept

    def drop(self, key: Key) -> None:
        """Forget an entry."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

"""Deliveries: one notice to one endpoint, the pauses between its tries, and its payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

TEST: Final = "webhook.test"
"""The type of a delivery that somebody asked for, to see whether it arrives."""

TRY_SECONDS: Final = 15.0
FAILING_FOR: Final = timedelta(days=5)

# Three days in all. The first is for a connection that broke, the last ones for a weekend.
_PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=8),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=26),
)
MOST_TRIES: Final = len(_PAUSES) + 1
_JITTER: Final = 0.1  # so that what failed together is not sent together again
_GONE: Final = 410


class DeliveryStatus(StrEnum):
    """What became of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"  # given up, until somebody asks for it again


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice to one endpoint, in its ``lane``.

    ``tries`` are those that have ended; ``attempt`` numbers the leases, as a fencing token.
    ``next_try_at`` is None once it is settled. ``answer`` is the HTTP status of the last try, None
    where there was none; ``error`` says in a sentence why that try failed.
    """

    id: str
    webhook_id: str
    type: str
    lane: str
    data: Mapping[str, Any]
    created_at: datetime
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempt: int = 0
    tries: int = 0
    next_try_at: datetime | None = None
    settled_at: datetime | None = None
    answer: int | None = None
    error: str = ""

    def payload(self) -> dict[str, Any]:
        """Return the JSON object that is sent, the same at each try."""
        at = self.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {"type": self.type, "timestamp": at, "data": dict(self.data)}


@dataclass(frozen=True, slots=True)
class TryResult:
    """How one try of a delivery ended: the HTTP status, or why there was none."""

    at: datetime
    answer: int | None
    error: str = ""

    @property
    def is_success(self) -> bool:
        """Tell whether the receiver took it: only by a status of 2xx."""
        return self.answer is not None and self.answer // 100 == 2  # noqa: PLR2004

    @property
    def is_gone(self) -> bool:
        """Tell whether the receiver wants no more of them."""
        return self.answer == _GONE


def pause_after(tries: int, chance: float) -> timedelta | None:
    """Return the pause after so many tries that failed; None: it was the last one.

    ``chance`` is a random number from 0 to 1 for the jitter.
    """
    if tries >= MOST_TRIES:
        return None
    return _PAUSES[tries - 1] * (1 - _JITTER + 2 * _JITTER * chance)

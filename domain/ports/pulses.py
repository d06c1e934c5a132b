"""The port to what the workers of an installation do, and have done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pulse:
    """What one worker does at a moment: runs it drives, streams it feeds, providers that fail.

    ``failing`` gives the reason for each of those. Times are UTC.
    """

    worker_id: str
    started_at: datetime
    at: datetime
    runs: int = 0
    streams: int = 0
    failing: Mapping[str, str] = field(default_factory=dict)


class Pulses(Protocol):
    """The last pulse of each worker, and what all of them have counted since the beginning."""

    async def beat(self, pulse: Pulse, counts: Mapping[str, int]) -> None:
        """Keep a worker's pulse, and add its counts to the totals: both or nothing."""
        ...

    async def end(self, worker_id: str) -> None:
        """Forget a worker that stops."""
        ...

    async def living(self, since: datetime) -> Sequence[Pulse]:
        """Return the pulses that came since then, the longest-running worker first.

        Older ones are forgotten: their workers died.
        """
        ...

    async def totals(self) -> Mapping[str, int]:
        """Return what was counted, by name."""
        ...

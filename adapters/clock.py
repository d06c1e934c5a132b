"""The clock of this machine."""

from datetime import UTC, datetime

from typing_extensions import override

from domain.shared.clock import Clock


class SystemClock(Clock):
    """The time that the operating system tells."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)

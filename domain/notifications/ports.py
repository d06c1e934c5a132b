"""The port to the observers of notices."""

from typing import Protocol

from domain.notifications.notices import Notice


class Notices(Protocol):
    """The publisher of notices to all observers."""

    def publish(self, notice: Notice) -> None:
        """Queue a notice for all observers and return at once; their errors do not come back."""
        ...

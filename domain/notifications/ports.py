"""The port to those who watch what happens in the service."""

from typing import Protocol

from domain.notifications.notices import Notice


class Notices(Protocol):
    """Everybody who watches."""

    def publish(self, notice: Notice) -> None:
        """Hand a notice over, and return at once: whoever watches is neither awaited nor heard."""
        ...

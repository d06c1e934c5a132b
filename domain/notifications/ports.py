"""The ports to those who are told of notices: observers in this process, and webhooks."""

from collections.abc import Sequence
from typing import Protocol

from domain.notifications.notices import Notice


class Notices(Protocol):
    """The publisher of notices to all observers."""

    def publish(self, notice: Notice) -> None:
        """Queue a notice for all observers and return at once; their errors do not come back."""
        ...


class Outbox(Protocol):
    """The transactional outbox: notices for webhooks, stored with what they tell."""

    async def write(self, notices: Sequence[Notice]) -> None:
        """Store a delivery of each notice to each webhook that wants it.

        Within a unit of work that is a part of the transaction.
        """
        ...

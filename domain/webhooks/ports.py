"""The ports of webhooks: endpoints, deliveries, and what sends them. Times are UTC."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.shared.paging import Page
from domain.webhooks.delivery import Delivery, DeliveryStatus, TryResult
from domain.webhooks.endpoint import DisabledReason, Webhook, WebhookEdit


class Webhooks(Protocol):
    """The repository of endpoints."""

    async def add(self, webhook: Webhook, *, most: int) -> bool:
        """Store a new endpoint; False, and nothing is stored, if there are ``most`` already."""
        ...

    async def all(self) -> Sequence[Webhook]:
        """Return all endpoints, the newest first."""
        ...

    async def get(self, webhook_id: str) -> Webhook:
        """Return one endpoint.

        Raises:
            NotFound: unknown, or not an id at all.

        """
        ...

    async def by_ids(self, webhook_ids: Collection[str]) -> Mapping[str, Webhook]:
        """Return the endpoints with these ids, by id; unknown ids are missing."""
        ...

    async def change(self, webhook_id: str, edit: WebhookEdit) -> None:
        """Change an endpoint; enabling forgets that it failed. ``enabled`` False is not done here.

        Raises:
            NotFound: unknown.

        """
        ...

    async def replace_keys(self, webhook: Webhook, sealed: bytes) -> bool:
        """Store other keys; False if they are not those of the given record (any more)."""
        ...

    async def disable(self, webhook_id: str, at: datetime, reason: DisabledReason) -> bool:
        """Disable an endpoint, and park its deliveries; False if it is not enabled (any more)."""
        ...

    async def remove(self, webhook_id: str) -> None:
        """Delete an endpoint with its deliveries.

        Raises:
            NotFound: unknown, or not an id at all.

        """
        ...


class Deliveries(Protocol):
    """The repository of deliveries: an outbox that others write, and a queue with leases."""

    async def add(self, delivery: Delivery) -> None:
        """Store one delivery, whatever its endpoint subscribed to."""
        ...

    async def claim(
        self,
        worker_id: str,
        now: datetime,
        until: datetime,
        limit: int,
        *,
        busy: Collection[str] = (),
    ) -> Sequence[Delivery]:
        """Lease deliveries that are due, none of them to an endpoint in ``busy``.

        In each lane only the first that is pending is ever due. A lease that expires is due again.
        """
        ...

    async def record(
        self, delivery: Delivery, result: TryResult, next_try_at: datetime | None
    ) -> datetime | None:
        """Record a try: a success, or a failure to be tried again then, or (None) to be parked.

        A success makes all that its endpoint waits for due, where tries failed before. What follows
        in the lane is due once this one is settled. Returns since when the endpoint has failed;
        None if it has not, or another worker holds the delivery by now and nothing was recorded.
        """
        ...

    async def release(self, worker_id: str) -> None:
        """Give up the leases of a worker that stops, so that others send at once."""
        ...

    async def page(
        self, webhook_id: str, status: DeliveryStatus | None, limit: int, cursor: str | None
    ) -> Page[Delivery]:
        """Return deliveries to an endpoint, the newest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def get(self, delivery_id: str) -> Delivery:
        """Return one delivery.

        Raises:
            NotFound: unknown, or not an id at all.

        """
        ...

    async def redeliver(self, delivery_id: str) -> None:
        """Make a delivery pending, and due, as if it had never been tried."""
        ...

    async def redeliver_since(self, webhook_id: str, since: datetime) -> int:
        """Do so with all parked deliveries to an endpoint that are no older; return how many."""
        ...

    async def pending(self) -> int:
        """Return how many are pending, to all endpoints."""
        ...


class WebhookSender(Protocol):
    """Sends one delivery; the SSRF guard checks the address at each try."""

    async def send(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> int:
        """POST a body, and return the status of the answer, whatever it is.

        Redirects are not followed, and the answer's body is thrown away.

        Raises:
            AddressRefused: the address is not open.
            WebTimeout: there was no answer in time.
            WebError: there was no answer.

        """
        ...

"""Endpoints and deliveries, made short."""

from collections.abc import Sequence
from datetime import datetime

from adapters.persistence import Store
from domain.shared.ids import new_id
from domain.webhooks.delivery import Delivery, DeliveryStatus
from domain.webhooks.endpoint import Webhook
from tests.adapters.persistence.stores import NOW


async def an_endpoint(store: Store, *events: str, at: datetime = NOW) -> Webhook:
    """Add an endpoint that subscribes to these events."""
    webhook = Webhook(new_id(), "https://x.org/", events or ("*",), "naïve", b"sealed", at)
    assert await store.webhooks.add(webhook, most=50)
    return webhook


async def sent_to(
    store: Store, webhook: Webhook, status: DeliveryStatus | None = None
) -> Sequence[Delivery]:
    """Return what is to be sent to an endpoint, the oldest first by id."""
    page = await store.deliveries.page(webhook.id, status, 100, None)
    return sorted(page.items, key=lambda each: each.created_at)


async def types_to(store: Store, webhook: Webhook) -> list[str]:
    return sorted(each.type for each in await sent_to(store, webhook))

"""Webhooks: the use cases of operators, and what sends deliveries."""

from dataclasses import dataclass

from adapters.http.webhook_sender import GuardedWebhookSender
from domain.shared.cipher import Cipher
from domain.shared.clock import Clock
from domain.webhooks.disabling import Disabling
from domain.webhooks.dispatcher import Dispatcher
from domain.webhooks.keys import WebhookKeys
from domain.webhooks.ports import Deliveries
from domain.webhooks.service import WebhookService
from entrypoints.settings.version import VERSION
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.adapters.web import WebParts
from entrypoints.wiring.plugins import PluginParts


@dataclass(frozen=True, slots=True)
class WebhookParts:
    """What operators do with webhooks, and what sends to them."""

    service: WebhookService
    dispatcher: Dispatcher
    deliveries: Deliveries


def wire_webhooks(
    persistence: Persistence, plugins: PluginParts, web: WebParts, cipher: Cipher, clock: Clock
) -> WebhookParts:
    """Put together webhooks; nothing is sent yet."""
    store, keys = persistence.store, WebhookKeys(cipher)
    dispatcher = Dispatcher(
        store.webhooks,
        store.deliveries,
        GuardedWebhookSender(web.ssrf_guard, web.transport, f"puerto/{VERSION}"),
        keys,
        Disabling(store.webhooks, store.outbox, plugins.notices, store.unit_of_work),
        clock,
        count=persistence.counts.add,
    )

    def look_after_commit() -> None:
        store.unit_of_work.after_commit(dispatcher.look)

    service = WebhookService(
        store.webhooks, store.deliveries, keys, web.web, clock, look_after_commit
    )
    return WebhookParts(service, dispatcher, store.deliveries)

"""The use cases of webhooks, for operators: endpoints, their deliveries, tests and redelivery."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, FieldProblem, InvalidRequest
from domain.shared.ids import new_id
from domain.shared.paging import Page
from domain.web.ports import HostCheck
from domain.webhooks.delivery import TEST, Delivery, DeliveryStatus
from domain.webhooks.endpoint import MOST_WEBHOOKS, DisabledReason, Webhook, WebhookEdit
from domain.webhooks.keys import Keys, WebhookKeys
from domain.webhooks.ports import Deliveries, Webhooks
from domain.webhooks.signing import key_of, new_key, shown

_FULL: Final = f"There are {MOST_WEBHOOKS} webhooks already: delete one first."

_log = logging.getLogger("puerto.changes")


class WebhookService:
    """Operators' use cases. ``look`` makes this worker look for deliveries at once."""

    def __init__(
        self,
        webhooks: Webhooks,
        deliveries: Deliveries,
        keys: WebhookKeys,
        hosts: HostCheck,
        clock: Clock,
        look: Callable[[], None],
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._keys = keys
        self._hosts = hosts
        self._clock = clock
        self._look = look

    async def all(self, user: User) -> Sequence[Webhook]:
        """Return all endpoints, the newest first.

        Raises:
            Forbidden: the user is no operator.

        """
        user.require(Role.OPERATOR)
        return await self._webhooks.all()

    async def get(self, user: User, webhook_id: str) -> Webhook:
        """Return one endpoint.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is none.

        """
        user.require(Role.OPERATOR)
        return await self._webhooks.get(webhook_id)

    async def add(
        self, user: User, url: str, events: Sequence[str], description: str, secret: str | None
    ) -> tuple[Webhook, str]:
        """Add an endpoint; return it, and the secret to verify with, which is shown this once.

        ``secret`` is made into a key; None: a random one.

        Raises:
            Forbidden: the user is no operator.
            InvalidRequest: the SSRF guard refuses the address.
            Conflict: there are as many as there may be.

        """
        user.require(Role.OPERATOR)
        await self._check(url)
        webhook_id, key = new_id(), _key(secret)
        webhook = Webhook(
            id=webhook_id,
            url=url,
            events=tuple(dict.fromkeys(events)),
            description=description,
            sealed=self._keys.seal(webhook_id, Keys(key)),
            created_at=self._clock.now(),
        )
        if not await self._webhooks.add(webhook, most=MOST_WEBHOOKS):
            raise Conflict(_FULL)
        _log.info("%s added the webhook %s", user.username, webhook_id)
        return webhook, shown(key)

    async def change(self, user: User, webhook_id: str, edit: WebhookEdit) -> Webhook:
        """Change an endpoint. Enabling forgets that it failed; disabling parks what it waits for.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is none.
            InvalidRequest: the SSRF guard refuses the address.

        """
        user.require(Role.OPERATOR)
        await self._webhooks.get(webhook_id)
        if edit.url is not None:
            await self._check(edit.url)
        await self._webhooks.change(webhook_id, edit)
        if edit.enabled is False:
            await self._webhooks.disable(webhook_id, self._clock.now(), DisabledReason.OPERATOR)
        _log.info("%s changed the webhook %s", user.username, webhook_id)
        return await self._webhooks.get(webhook_id)

    async def rotate(self, user: User, webhook_id: str, secret: str | None) -> tuple[Webhook, str]:
        """Replace the secret; return it. The one before it verifies for another 24 hours.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is none.
            Conflict: somebody else replaces it at this moment.
            Unavailable: the present one cannot be decrypted.

        """
        user.require(Role.OPERATOR)
        webhook, key = await self._webhooks.get(webhook_id), _key(secret)
        keys = self._keys.open(webhook).replaced(key, self._clock.now())
        if not await self._webhooks.replace_keys(webhook, self._keys.seal(webhook_id, keys)):
            raise Conflict("The secret was replaced at the same moment: try again.")
        _log.info("%s replaced the secret of the webhook %s", user.username, webhook_id)
        return webhook, shown(key)

    async def remove(self, user: User, webhook_id: str) -> None:
        """Remove an endpoint, with its deliveries.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is none.

        """
        user.require(Role.OPERATOR)
        await self._webhooks.remove(webhook_id)
        _log.info("%s removed the webhook %s", user.username, webhook_id)

    async def deliveries(
        self,
        user: User,
        webhook_id: str,
        status: DeliveryStatus | None,
        limit: int,
        cursor: str | None,
    ) -> Page[Delivery]:
        """Return deliveries to an endpoint, the newest first.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is no such endpoint.
            InvalidRequest: the cursor did not come from here.

        """
        user.require(Role.OPERATOR)
        await self._webhooks.get(webhook_id)
        return await self._deliveries.page(webhook_id, status, limit, cursor)

    async def test(self, user: User, webhook_id: str) -> Delivery:
        """Send a delivery of the type `TEST`, whatever the endpoint subscribed to.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is no such endpoint.
            Conflict: it is disabled.

        """
        user.require(Role.OPERATOR)
        await self._enabled(webhook_id)
        delivery_id = new_id()
        data = {"webhook_id": webhook_id}
        delivery = Delivery(delivery_id, webhook_id, TEST, delivery_id, data, self._clock.now())
        await self._deliveries.add(delivery)
        self._look()
        return await self._deliveries.get(delivery_id)

    async def redeliver(self, user: User, delivery_id: str) -> Delivery:
        """Send a delivery again, whether it arrived or was parked.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is no such delivery.
            Conflict: its endpoint is disabled.

        """
        user.require(Role.OPERATOR)
        delivery = await self._deliveries.get(delivery_id)
        await self._enabled(delivery.webhook_id)
        await self._deliveries.redeliver(delivery_id)
        self._look()
        return await self._deliveries.get(delivery_id)

    async def redeliver_since(self, user: User, webhook_id: str, since: datetime) -> int:
        """Send all parked deliveries to an endpoint again that are no older; return how many.

        Raises:
            Forbidden: the user is no operator.
            NotFound: there is no such endpoint.
            Conflict: it is disabled.

        """
        user.require(Role.OPERATOR)
        await self._enabled(webhook_id)
        count = await self._deliveries.redeliver_since(webhook_id, since)
        self._look()
        return count

    async def _enabled(self, webhook_id: str) -> None:
        webhook = await self._webhooks.get(webhook_id)
        if not webhook.is_enabled:
            raise Conflict("The webhook is disabled: enable it first.")

    async def _check(self, url: str) -> None:
        if refusal := await self._hosts.refusal(url):
            raise InvalidRequest(refusal, [FieldProblem("url", refusal)])


def _key(secret: str | None) -> bytes:
    return new_key() if secret is None else key_of(secret)

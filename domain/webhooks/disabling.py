"""Disabling an endpoint that accepts nothing (any more), and telling of it."""

import logging
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from domain.notifications.notices import Notice, NoticeType
from domain.notifications.ports import Notices, Outbox
from domain.shared.unit_of_work import UnitOfWork
from domain.webhooks.endpoint import DisabledReason, Webhook
from domain.webhooks.ports import Webhooks

_WHY: Final = {
    DisabledReason.GONE: "it answered 410, Gone",
    DisabledReason.FAILING: "it has accepted nothing for five days",
    DisabledReason.OPERATOR: "an operator switched it off",
}

_log = logging.getLogger("puerto.changes")


class Disabling:
    """Disables endpoints; the other endpoints and the observers are told, once."""

    def __init__(
        self, webhooks: Webhooks, outbox: Outbox, notices: Notices, unit_of_work: UnitOfWork
    ) -> None:
        self._webhooks = webhooks
        self._outbox = outbox
        self._notices = notices
        self._unit_of_work = unit_of_work

    async def disable(self, webhook: Webhook, at: datetime, reason: DisabledReason) -> bool:
        """Disable an endpoint; False if that was done meanwhile."""
        host = urlsplit(webhook.url).hostname or ""  # the rest of the address may hold a secret
        data = {"webhook_id": webhook.id, "host": host, "reason": reason.value}
        notice = Notice(NoticeType.ALERT_WEBHOOK_DISABLED, at, data)

        async def work() -> bool:
            is_news = await self._webhooks.disable(webhook.id, at, reason)
            if is_news:
                await self._outbox.write([notice])
            return is_news

        if not await self._unit_of_work.run(work):
            return False
        _log.warning("the webhook %s at %s is disabled: %s", webhook.id, host, _WHY[reason])
        self._notices.publish(notice)
        return True

"""The dispatcher: claims deliveries that are due, sends them, and records how each try ended."""

import asyncio
import json
import logging
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import PuertoError
from domain.shared.ids import new_id
from domain.shared.log_context import failures_logged, log_failure
from domain.webhooks.delivery import (
    FAILING_FOR,
    TRY_SECONDS,
    Delivery,
    TryResult,
    pause_after,
)
from domain.webhooks.disabling import Disabling
from domain.webhooks.endpoint import DisabledReason, Webhook
from domain.webhooks.keys import Keys, WebhookKeys
from domain.webhooks.ports import Deliveries, Webhooks, WebhookSender
from domain.webhooks.signing import signed_headers

LEASE: Final = timedelta(seconds=2 * TRY_SECONDS)
POLL_SECONDS: Final = 1.0
DELIVERIES: Final = "deliveries."  # of counters; followed by how a try ended
DISABLED: Final = "webhooks_disabled."  # followed by the reason

_AT_ONCE: Final = 20  # tries of this worker
_OF_ONE: Final = 5  # to one endpoint, so that a slow one leaves room for the others

_log = logging.getLogger(__name__)


class Dispatcher:
    """Sends deliveries in the background, on every worker: what one has claimed no other sends.

    ``count`` counts how tries ended, by name of the counter.
    """

    def __init__(
        self,
        webhooks: Webhooks,
        deliveries: Deliveries,
        sender: WebhookSender,
        keys: WebhookKeys,
        disabling: Disabling,
        clock: Clock,
        *,
        count: Callable[[str], None],
    ) -> None:
        self.id = new_id()
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._sender = sender
        self._keys = keys
        self._disabling = disabling
        self._clock = clock
        self._count = count
        self._background = BackgroundTask()
        self._tries: dict[asyncio.Task[None], str] = {}  # with the id of the endpoint
        self._news = asyncio.Event()

    def look(self) -> None:
        """Look for deliveries now, before the next poll."""
        self._news.set()

    async def start(self) -> None:
        """Start looking for deliveries."""
        self._background.start(self._keep_looking())

    async def stop(self) -> None:
        """Stop looking, and leave what is being sent to other workers. Twice is no error."""
        if not await self._background.stop():
            return
        for each in self._tries:
            each.cancel()
        await asyncio.gather(*self._tries, return_exceptions=True)
        try:
            await self._deliveries.release(self.id)
        except PuertoError as error:
            log_failure(_log, "deliveries stay leased until their leases expire", error)

    async def sweep(self) -> int:
        """Start sending what is due, as far as there is room; return how many were started.

        Raises:
            Unavailable: the database does not answer.

        """
        started = 0
        while (room := _AT_ONCE - len(self._tries)) > 0:
            now = self._clock.now()
            in_flight = Counter(self._tries.values())
            busy = [webhook for webhook, number in in_flight.items() if number >= _OF_ONE]
            claimed = await self._deliveries.claim(
                self.id, now, now + LEASE, min(room, _OF_ONE), busy=busy
            )
            if not claimed:
                break
            webhooks = await self._webhooks.by_ids({each.webhook_id for each in claimed})
            for delivery in claimed:
                self._start(delivery, webhooks.get(delivery.webhook_id))
            started += len(claimed)
        return started

    async def settle(self) -> int:
        """Send all that is due now, and what becomes due by that; return how many tries there were.

        For tests and for commands: the service itself starts the dispatcher.

        Raises:
            Unavailable: the database does not answer.

        """
        total = 0
        while started := await self.sweep():
            total += started
            await asyncio.gather(*self._tries)
        return total

    async def _keep_looking(self) -> None:
        while True:
            self._news.clear()
            with failures_logged(_log, "webhooks are not sent for now"):
                await self.sweep()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._news.wait()

    def _start(self, delivery: Delivery, webhook: Webhook | None) -> None:
        task = asyncio.create_task(self._deliver(delivery, webhook))
        self._tries[task] = delivery.webhook_id
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tries[task]
        self._news.set()  # the next in its lane may be due

    async def _deliver(self, delivery: Delivery, webhook: Webhook | None) -> None:
        with failures_logged(_log, f"the delivery {delivery.id} is tried again after its lease"):
            if webhook is None or not webhook.is_enabled:
                result = TryResult(self._clock.now(), None, "The webhook is disabled.")
                await self._deliveries.record(delivery, result, None)
                return
            await self._record(delivery, webhook, await self._try(delivery, webhook))

    async def _try(self, delivery: Delivery, webhook: Webhook) -> TryResult:
        """Send a delivery once."""
        body = json.dumps(delivery.payload(), separators=(",", ":"), ensure_ascii=False).encode()
        now = self._clock.now()
        try:
            keys = await self._opened(webhook)
            headers = signed_headers(keys.at(now), delivery.id, now, body)
            answer = await self._sender.send(webhook.url, headers, body)
        except PuertoError as error:
            return TryResult(self._clock.now(), None, error.message)
        result = TryResult(self._clock.now(), answer)
        if result.is_success:
            return result
        return TryResult(result.at, answer, f"The receiver answered {answer}.")

    async def _opened(self, webhook: Webhook) -> Keys:
        """Return the keys of an endpoint; after a rotation of the master key it encrypts them."""
        keys = self._keys.open(webhook)
        if (sealed := self._keys.sealed_anew(webhook, keys)) is not None:
            await self._webhooks.replace_keys(webhook, sealed)
        return keys

    async def _record(self, delivery: Delivery, webhook: Webhook, result: TryResult) -> None:
        pause = pause_after(delivery.tries + 1, random.random())  # noqa: S311  no secret
        next_try_at = None if pause is None or result.is_success else result.at + pause
        failing_since = await self._deliveries.record(delivery, result, next_try_at)
        if result.is_success:
            self._count(f"{DELIVERIES}delivered")
            return
        self._count(f"{DELIVERIES}{'parked' if next_try_at is None else 'failed'}")
        _log.info(
            "the delivery %s (%s) failed, try %d: %s",
            delivery.id,
            delivery.type,
            delivery.tries + 1,
            result.error,
        )
        if result.is_gone:
            await self._disable(webhook, result, DisabledReason.GONE)
        elif failing_since is not None and result.at - failing_since >= FAILING_FOR:
            await self._disable(webhook, result, DisabledReason.FAILING)

    async def _disable(self, webhook: Webhook, result: TryResult, reason: DisabledReason) -> None:
        if await self._disabling.disable(webhook, result.at, reason):
            self._count(f"{DISABLED}{reason}")

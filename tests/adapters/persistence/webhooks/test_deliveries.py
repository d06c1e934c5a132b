"""Deliveries: leases, the order within a lane, and what a success or a failure does to others."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

import pytest

from adapters.persistence import Database, Store
from domain.notifications.notices import Notice, NoticeType
from domain.shared.errors import NotFound
from domain.shared.ids import new_id
from domain.webhooks.delivery import Delivery, DeliveryStatus, TryResult
from domain.webhooks.endpoint import DisabledReason, Webhook, WebhookEdit
from tests.adapters.persistence.stores import MINUTE, NOT_IDS, NOW
from tests.adapters.persistence.webhooks.endpoints import an_endpoint, sent_to

HOUR = 60 * MINUTE
OK = TryResult(NOW, 200)
FAILED = TryResult(NOW, 503, "The receiver answered 503.")


@pytest.fixture
def stored(database: Database) -> Store:
    return Store(database)


@pytest.fixture
async def hook(stored: Store) -> Webhook:
    return await an_endpoint(stored)


async def tell(stored: Store, *lanes: str) -> None:
    """Write a notice into each of these lanes, in this order."""
    for number, lane in enumerate(lanes):
        data = {"run_id": lane, "number": number}
        await stored.outbox.write([Notice(NoticeType.RUN_FAILED, NOW + number * MINUTE, data)])


async def claimed(
    stored: Store, at: datetime = NOW, worker: str = "w1", limit: int = 10
) -> list[Delivery]:
    found = await stored.deliveries.claim(worker, at, at + MINUTE, limit)
    return sorted(found, key=lambda each: each.data["number"])


def numbers(deliveries: list[Delivery]) -> list[int]:
    return [each.data["number"] for each in deliveries]


@pytest.mark.usefixtures("hook")
async def test_only_the_first_of_a_lane_is_due(stored: Store) -> None:
    await tell(stored, "a", "b", "a", "a")
    first = await claimed(stored)
    assert numbers(first) == [0, 1]
    assert await claimed(stored) == []  # leased
    await stored.deliveries.record(first[0], OK, None)
    (second,) = await claimed(stored)
    assert numbers([second]) == [2]
    await stored.deliveries.record(second, FAILED, None)  # a parked one lets the next pass
    assert numbers(await claimed(stored)) == [3]


@pytest.mark.usefixtures("hook")
async def test_a_lease_expires_and_its_worker_records_nothing_any_more(stored: Store) -> None:
    await tell(stored, "a")
    (lost,) = await claimed(stored)
    assert await claimed(stored, NOW + MINUTE) == []
    (taken,) = await claimed(stored, NOW + MINUTE + timedelta(seconds=1), "w2")
    assert (taken.id, taken.attempt, taken.tries) == (lost.id, lost.attempt + 1, 0)
    await stored.deliveries.record(lost, OK, None)
    assert (await stored.deliveries.get(lost.id)).status is DeliveryStatus.PENDING
    await stored.deliveries.record(taken, OK, None)
    delivered = await stored.deliveries.get(lost.id)
    assert (delivered.status, delivered.answer, delivered.tries) == ("delivered", 200, 1)


@pytest.mark.usefixtures("hook")
async def test_who_stops_gives_its_leases_up(stored: Store) -> None:
    await tell(stored, "a", "b")
    assert len(await claimed(stored, limit=1)) == 1
    assert len(await claimed(stored, worker="w2")) == 1
    await stored.deliveries.release("w1")
    assert len(await claimed(stored, worker="w3")) == 1


async def test_two_workers_share_what_is_due(stored: Store, hook: Webhook) -> None:
    await tell(stored, *map(str, range(20)))
    found = await asyncio.gather(*(claimed(stored, worker=f"w{n}", limit=5) for n in range(4)))
    assert sorted(chain(*map(numbers, found))) == list(range(20))
    assert await stored.deliveries.pending() == 20
    assert await stored.deliveries.claim("w", NOW, NOW, 9, busy=[hook.id]) == []


async def test_a_failure_holds_its_lane_and_the_endpoint_is_known_to_fail(
    stored: Store, hook: Webhook
) -> None:
    await tell(stored, "a", "a", "b")
    first, other = await claimed(stored)
    assert await stored.deliveries.record(first, FAILED, NOW + HOUR) == NOW
    await stored.deliveries.record(other, replace(FAILED, at=NOW + MINUTE), NOW + 3 * HOUR)
    assert (await stored.webhooks.get(hook.id)).failing_since == NOW
    assert await claimed(stored, NOW + HOUR) == []
    (again,) = await claimed(stored, NOW + HOUR + MINUTE)
    assert (numbers([again]), again.tries, again.answer) == ([0], 1, 503)

    assert await stored.deliveries.record(again, OK, None) is None  # the receiver is back

    assert (await stored.webhooks.get(hook.id)).failing_since is None
    assert numbers(await claimed(stored, NOW + HOUR + MINUTE)) == [1, 2]


async def test_a_disabled_endpoint_has_nothing_pending(stored: Store, hook: Webhook) -> None:
    await tell(stored, "a", "a", "b")
    flying, _ = await claimed(stored)
    assert await stored.webhooks.disable(hook.id, NOW, DisabledReason.GONE)
    assert not await stored.webhooks.disable(hook.id, NOW, DisabledReason.FAILING)
    await stored.deliveries.record(flying, FAILED, NOW + MINUTE)
    assert {each.status for each in await sent_to(stored, hook)} == {DeliveryStatus.PARKED}
    assert (await stored.webhooks.get(hook.id)).disabled_reason is DisabledReason.GONE
    assert await stored.deliveries.pending() == 0


async def test_parked_deliveries_are_sent_again_in_order(stored: Store, hook: Webhook) -> None:
    await tell(stored, "a", "a", "a", "a")
    await stored.webhooks.disable(hook.id, NOW, DisabledReason.OPERATOR)
    assert await stored.deliveries.redeliver_since(hook.id, NOW + 2 * MINUTE) == 2
    third, fourth = await sent_to(stored, hook, DeliveryStatus.PENDING)
    assert numbers(await claimed(stored)) == [2]
    await stored.deliveries.redeliver(third.id)  # it is being sent
    assert await claimed(stored) == []
    first, _ = await sent_to(stored, hook, DeliveryStatus.PARKED)
    await stored.deliveries.redeliver(first.id)
    assert numbers(await claimed(stored)) == [0]
    assert (await stored.deliveries.get(fourth.id)).settled_at is None


async def test_a_list_has_pages_and_a_status(stored: Store, hook: Webhook) -> None:
    other = await an_endpoint(stored)
    await tell(stored, "a", "b", "c")
    (first,) = [each for each in await claimed(stored, limit=6) if each.webhook_id == other.id][:1]
    await stored.deliveries.record(first, OK, None)
    page = await stored.deliveries.page(hook.id, None, 2, None)
    rest = await stored.deliveries.page(hook.id, None, 2, page.next_cursor)
    assert numbers([*page.items, *rest.items]) == [2, 1, 0]
    assert rest.next_cursor is None
    done = await stored.deliveries.page(other.id, DeliveryStatus.DELIVERED, 2, None)
    assert [each.id for each in done.items] == [first.id]


async def test_endpoints_are_bounded_changed_and_removed(stored: Store, hook: Webhook) -> None:
    second = await an_endpoint(stored, "run.*", "alert.ok", at=NOW + MINUTE)
    assert not await stored.webhooks.add(replace(second, id=new_id()), most=2)
    assert list(await stored.webhooks.all()) == [second, hook]
    await stored.webhooks.change(hook.id, WebhookEdit(events=["alert.*", "alert.*"]))
    changed = replace(hook, events=("alert.*",))
    assert await stored.webhooks.by_ids([hook.id, new_id()]) == {hook.id: changed}
    await stored.webhooks.disable(hook.id, NOW, DisabledReason.FAILING)
    edit = WebhookEdit(url="https://y.org/", description="", enabled=True)
    await stored.webhooks.change(hook.id, edit)
    changed = replace(changed, url="https://y.org/", description="")
    assert await stored.webhooks.get(hook.id) == changed
    assert await stored.webhooks.replace_keys(hook, b"others")
    assert not await stored.webhooks.replace_keys(hook, b"too late")
    assert (await stored.webhooks.get(hook.id)).sealed == b"others"
    await tell(stored, "a")
    (delivery,) = await sent_to(stored, second)
    await stored.webhooks.remove(second.id)
    for missing in (
        stored.deliveries.get(delivery.id),
        stored.webhooks.remove(second.id),
        stored.webhooks.change(second.id, WebhookEdit()),
        *map(stored.webhooks.get, NOT_IDS),
        *map(stored.deliveries.get, NOT_IDS),
    ):
        with pytest.raises(NotFound):
            await missing


async def test_only_settled_deliveries_grow_old(stored: Store, hook: Webhook) -> None:
    await tell(stored, "a", "b", "c")
    for each in (await claimed(stored))[1:]:
        await stored.deliveries.record(each, OK, None)
    assert await stored.expiring.delete("deliveries", NOW) == 0
    assert await stored.expiring.delete("deliveries", NOW + MINUTE) == 2
    assert [each.status for each in await sent_to(stored, hook)] == [DeliveryStatus.PENDING]

"""Learned APIs that are read again by themselves."""

from datetime import timedelta

import pytest

from domain.learning.api.learned_api import LearnedApi
from domain.learning.documents import Document
from domain.learning.drafts import LearnOrder
from domain.learning.refreshing import ScheduledRefresh
from tests.domain.learning.test_service import BIRDS, House, a_tool, a_version

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def house() -> House:
    return House()


def scheduled(house: House, hours: float = 2.0) -> ScheduledRefresh:
    return ScheduledRefresh(
        house.learning, house.changes, house.store.learned_apis, house.clock, hours=hours
    )


async def learned(house: House, url: str = "https://a.example/pets") -> LearnedApi:
    order = LearnOrder(Document(url)) if url else LearnOrder(Document(data=b"pets"))
    draft = await house.learning.learn(house.user, order)
    await house.changes.keep(draft)
    return draft.api


async def test_a_document_is_read_again_when_it_is_due(house: House) -> None:
    api, refresh = await learned(house), scheduled(house)
    house.reader.documents[b"new"] = a_version(a_tool(), a_tool(BIRDS), digest="d2")
    house.web.body = b"new"
    house.clock.advance(2 * HOUR - SECOND)
    assert await refresh.look() == []
    house.clock.advance(SECOND)
    assert await refresh.look() == [api.id]
    kept = await house.store.learned_apis.get(api.id)
    assert (kept.tools, kept.learned_at, kept.updated_by) == (2, house.clock.now(), api.updated_by)
    assert await refresh.look() == []
    assert house.notices.published[-1].data["event"] == "refreshed"


async def test_nothing_new_is_no_news(house: House) -> None:
    api, refresh = await learned(house), scheduled(house)
    house.clock.advance(2 * HOUR)
    assert await refresh.look() == [api.id]
    assert (await house.store.learned_apis.get(api.id)).learned_at == house.clock.now()
    assert not house.notices.published


async def test_a_document_that_was_sent_is_not_read_again(house: House) -> None:
    await learned(house, url="")
    house.clock.advance(9 * HOUR)
    assert await scheduled(house).look() == []


async def test_what_fails_is_kept_and_tried_again_in_its_time(house: House) -> None:
    api, refresh = await learned(house), scheduled(house)
    house.web.status = 500
    house.clock.advance(2 * HOUR)
    assert await refresh.look() == []
    assert "500" in (await house.store.learned_apis.get(api.id)).problem
    house.web.status = 200
    assert await refresh.look() == []
    house.clock.advance(2 * HOUR)
    assert await refresh.look() == [api.id]
    assert (await house.store.learned_apis.get(api.id)).problem == ""


async def test_what_another_worker_did_is_done(house: House) -> None:
    await learned(house)
    one, other = scheduled(house), scheduled(house)
    house.clock.advance(2 * HOUR)
    draft = await house.learning.refresh(None, (await house.store.learned_apis.all())[0].id)
    assert len(await one.look()) == 1
    assert await other.look() == []
    with pytest.raises(Exception, match="meanwhile"):
        await house.changes.keep(draft)


async def test_it_can_be_off_and_is_stopped_twice(house: House) -> None:
    off = scheduled(house, hours=0)
    await off.start()
    await off.stop()
    on = scheduled(house)
    await on.start()
    await on.stop()
    await on.stop()

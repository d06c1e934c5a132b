"""The contract of `UnitOfWork`."""

import asyncio

import pytest

from adapters.persistence import Store
from domain.conversations.conversation import Conversation
from domain.shared.errors import NotFound
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import a_conversation

ANN = new_id()


async def test_what_work_returns_is_kept(store: Store) -> None:
    one = a_conversation(ANN)

    async def work() -> str:
        await store.conversations.add(one)
        assert await store.conversations.get(ANN, one.id) == one
        return "done"

    assert await store.unit_of_work.run(work) == "done"
    assert await store.conversations.get(ANN, one.id) == one


async def test_what_work_raises_undoes_it(store: Store) -> None:
    one = a_conversation(ANN)

    async def work() -> None:
        await store.conversations.add(one)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError, match="changed my mind"):
        await store.unit_of_work.run(work)
    with pytest.raises(NotFound):
        await store.conversations.get(ANN, one.id)


async def test_work_inside_of_work_is_a_part_of_it(store: Store) -> None:
    one = a_conversation(ANN)

    async def inner() -> None:
        await store.conversations.add(one)

    async def outer() -> None:
        await store.unit_of_work.run(inner)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError, match="changed my mind"):
        await store.unit_of_work.run(outer)
    with pytest.raises(NotFound):
        await store.conversations.get(ANN, one.id)


async def test_a_caller_who_leaves_does_not_interrupt_the_work(store: Store) -> None:
    one = a_conversation(ANN)
    is_inside, may_end, has_ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        is_inside.set()
        await may_end.wait()
        await store.conversations.add(one)
        has_ended.set()

    caller = asyncio.create_task(store.unit_of_work.run(work))
    await is_inside.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    may_end.set()
    await has_ended.wait()
    await store.unit_of_work.run(nothing)  # behind the first, on an engine of one connection

    async with asyncio.timeout(60):
        while [c.id for c in (await store.conversations.page(ANN, 9, None)).items] != [one.id]:
            await asyncio.sleep(0)


async def test_work_is_over_for_tasks_that_it_started(store: Store) -> None:
    one = a_conversation(ANN)
    may_go = asyncio.Event()

    async def later() -> None:
        await may_go.wait()
        await store.conversations.add(one)

    async def work() -> asyncio.Task[None]:
        return asyncio.create_task(later())

    task = await store.unit_of_work.run(work)
    may_go.set()
    await task

    assert await store.conversations.get(ANN, one.id) == one


async def test_what_waits_for_the_commit_comes_after_the_outermost_in_order(
    store: Store,
) -> None:
    one, happened = a_conversation(ANN), list[str]()

    async def inner() -> None:
        await store.conversations.add(one)
        store.unit_of_work.after_commit(lambda: happened.append("first"))

    async def outer() -> None:
        await store.unit_of_work.run(inner)
        store.unit_of_work.after_commit(lambda: happened.append("second"))
        happened.append("still inside")

    await store.unit_of_work.run(outer)
    assert happened == ["still inside", "first", "second"]
    assert await store.conversations.get(ANN, one.id) == one


async def test_what_waits_for_the_commit_can_be_seen_by_others(store: Store) -> None:
    one = a_conversation(ANN)
    looking: list[asyncio.Task[Conversation]] = []

    async def work() -> None:
        await store.conversations.add(one)
        look = store.conversations.get(ANN, one.id)
        store.unit_of_work.after_commit(lambda: looking.append(asyncio.create_task(look)))

    await store.unit_of_work.run(work)
    assert await looking[0] == one


async def test_nothing_follows_on_work_that_is_undone(store: Store) -> None:
    happened = list[str]()

    async def inner() -> None:
        store.unit_of_work.after_commit(lambda: happened.append("inner"))

    async def outer() -> None:
        store.unit_of_work.after_commit(lambda: happened.append("outer"))
        await store.unit_of_work.run(inner)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError, match="changed my mind"):
        await store.unit_of_work.run(outer)
    await store.unit_of_work.run(nothing)
    assert happened == []


async def test_what_follows_may_fail_without_undoing_anything(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    one, happened = a_conversation(ANN), list[str]()

    async def work() -> str:
        await store.conversations.add(one)
        store.unit_of_work.after_commit(lambda: 1 // 0)
        store.unit_of_work.after_commit(lambda: happened.append("the next"))
        return "done"

    assert await store.unit_of_work.run(work) == "done"
    assert happened == ["the next"]
    assert await store.conversations.get(ANN, one.id) == one
    assert "what was to follow a commit failed" in caplog.text


async def test_outside_of_work_it_follows_at_once(store: Store) -> None:
    happened = list[str]()
    store.unit_of_work.after_commit(lambda: happened.append("now"))
    assert happened == ["now"]

    async def work() -> None:
        store.unit_of_work.after_commit(
            lambda: store.unit_of_work.after_commit(lambda: happened.append("from a callback"))
        )

    await store.unit_of_work.run(work)
    assert happened == ["now", "from a callback"]


async def test_a_caller_who_leaves_does_not_prevent_what_follows(store: Store) -> None:
    is_inside, may_end, has_followed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        store.unit_of_work.after_commit(has_followed.set)
        is_inside.set()
        await may_end.wait()

    caller = asyncio.create_task(store.unit_of_work.run(work))
    await is_inside.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert not has_followed.is_set()
    may_end.set()
    async with asyncio.timeout(60):
        await has_followed.wait()


async def nothing() -> None:
    """Work that does nothing."""

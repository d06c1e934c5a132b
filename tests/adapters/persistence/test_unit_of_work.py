"""The contract of `UnitOfWork`."""

import asyncio

import pytest

from domain.errors import NotFound
from domain.ids import new_id
from tests.adapters.persistence.stores import AnyStore, a_conversation

ANN = new_id()


async def test_what_work_returns_is_kept(store: AnyStore) -> None:
    one = a_conversation(ANN)

    async def work() -> str:
        await store.conversations.add(one)
        assert await store.conversations.get(ANN, one.id) == one
        return "done"

    assert await store.unit_of_work.run(work) == "done"
    assert await store.conversations.get(ANN, one.id) == one


async def test_what_work_raises_undoes_it(store: AnyStore) -> None:
    one = a_conversation(ANN)

    async def work() -> None:
        await store.conversations.add(one)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError, match="changed my mind"):
        await store.unit_of_work.run(work)
    with pytest.raises(NotFound):
        await store.conversations.get(ANN, one.id)


async def test_work_inside_of_work_is_a_part_of_it(store: AnyStore) -> None:
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


async def test_a_caller_who_leaves_does_not_interrupt_the_work(store: AnyStore) -> None:
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


async def test_work_is_over_for_tasks_that_it_started(store: AnyStore) -> None:
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


async def nothing() -> None:
    """Work that does nothing."""

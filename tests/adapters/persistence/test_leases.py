"""The contract of `Leases`."""

import asyncio

from domain.ids import new_id
from domain.ports.runs import NewRun
from tests.adapters.persistence.stores import DONE, MINUTE, NOW, AnyStore, a_run, an_ending

ANN = new_id()
LATER = NOW + 5 * MINUTE
MUCH_LATER = LATER + 5 * MINUTE


async def begun(store: AnyStore, worker_id: str = "w1") -> NewRun:
    run = a_run(ANN, worker_id=worker_id)
    await store.runs.start(run, 10)
    return run


async def test_a_lease_that_holds_is_not_taken_over(store: AnyStore) -> None:
    run = await begun(store)

    assert list(await store.leases.claim("w2", NOW, LATER, 10)) == []

    assert (await store.runs.get(run.id)).attempt == 1


async def test_a_lease_that_ran_out_is_taken_over_as_the_next_attempt(store: AnyStore) -> None:
    run = await begun(store)

    assert list(await store.leases.claim("w2", LATER, MUCH_LATER, 10)) == [(run.id, 2)]
    assert list(await store.leases.claim("w3", LATER, MUCH_LATER, 10)) == []

    assert (await store.runs.get(run.id)).attempt == 2


async def test_a_renewed_lease_holds_and_only_its_worker_renews_it(store: AnyStore) -> None:
    mine, yours = await begun(store, "w1"), await begun(store, "w2")

    assert list(await store.leases.renew("w1", MUCH_LATER)) == []

    claimed = [run_id for run_id, _ in await store.leases.claim("w3", LATER, MUCH_LATER, 10)]
    assert claimed == [yours.id]
    assert (await store.runs.get(mine.id)).attempt == 1


async def test_renewing_tells_what_is_to_be_cancelled(store: AnyStore) -> None:
    mine, other, yours = await begun(store), await begun(store), await begun(store, "w2")
    for run in (mine, yours):
        await store.runs.request_cancel(run.id)

    assert list(await store.leases.renew("w1", LATER)) == [mine.id]
    assert other.id not in await store.leases.renew("w1", LATER)


async def test_a_run_that_ended_has_no_lease(store: AnyStore) -> None:
    run = await begun(store)
    await store.runs.request_cancel(run.id)
    await store.log.append(run.id, 1, 2, [DONE], an_ending(run))

    assert list(await store.leases.renew("w1", LATER)) == []
    assert list(await store.leases.claim("w2", MUCH_LATER, MUCH_LATER, 10)) == []


async def test_no_more_are_taken_over_than_asked_the_longest_abandoned_first(
    store: AnyStore,
) -> None:
    runs = [a_run(ANN, leased_until=NOW + n * MINUTE) for n in (3, 1, 2)]
    for run in runs:
        await store.runs.start(run, 10)

    claimed = [run_id for run_id, _ in await store.leases.claim("w2", LATER, MUCH_LATER, 2)]

    assert sorted(claimed) == sorted([runs[1].id, runs[2].id])


async def test_each_run_is_taken_over_by_one_worker(store: AnyStore) -> None:
    runs = [await begun(store) for _ in range(12)]

    claims = await asyncio.gather(
        *(store.leases.claim(f"v{n}", LATER, MUCH_LATER, 4) for n in range(6))
    )

    claimed = [run_id for claim in claims for run_id, _ in claim]
    assert len(claimed) == len(set(claimed))
    rest = await store.leases.claim("last", LATER, MUCH_LATER, 100)
    assert sorted([*claimed, *(run_id for run_id, _ in rest)]) == sorted(run.id for run in runs)

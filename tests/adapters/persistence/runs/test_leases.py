"""The contract of `Leases`."""

import asyncio

import pytest

from adapters.persistence import Store
from domain.consents.consent import ConsentDecision, ConsentStatus
from domain.execution.questions import requested
from domain.runs.ports import Backlog, NewRun
from domain.runs.states import RunStatus
from domain.shared.errors import LeaseLost
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOW,
    a_consent,
    a_run,
    an_ending,
    asked,
    reply,
)

ANN = new_id()
LATER = NOW + 5 * MINUTE
MUCH_LATER = LATER + 5 * MINUTE


async def begun(store: Store, worker_id: str = "w1") -> NewRun:
    run = a_run(ANN, worker_id=worker_id)
    await store.runs.start(run, 10)
    return run


async def test_a_lease_that_holds_is_not_taken_over(store: Store) -> None:
    run = await begun(store)

    assert list(await store.leases.claim("w2", NOW, LATER, 10)) == []

    assert (await store.runs.get(run.id)).attempt == 1


async def test_a_lease_that_ran_out_is_taken_over_as_the_next_attempt(store: Store) -> None:
    run = await begun(store)

    assert list(await store.leases.claim("w2", LATER, MUCH_LATER, 10)) == [(run.id, 2)]
    assert list(await store.leases.claim("w3", LATER, MUCH_LATER, 10)) == []

    assert (await store.runs.get(run.id)).attempt == 2


async def test_runs_of_one_user_alone_can_be_taken_over(store: Store) -> None:
    anns, bobs = await begun(store), a_run(new_id())
    await store.runs.start(bobs, 10)

    assert list(await store.leases.claim("w2", LATER, MUCH_LATER, 10, ANN)) == [(anns.id, 2)]
    assert list(await store.leases.claim("w2", LATER, MUCH_LATER, 10, ANN)) == []
    assert list(await store.leases.claim("w3", LATER, MUCH_LATER, 10)) == [(bobs.id, 2)]


async def test_a_renewed_lease_holds_and_only_its_worker_renews_it(store: Store) -> None:
    mine, yours = await begun(store, "w1"), await begun(store, "w2")

    both = [mine.id, yours.id]
    assert list(await store.leases.renew("w1", both, MUCH_LATER)) == []

    claimed = [run_id for run_id, _ in await store.leases.claim("w3", LATER, MUCH_LATER, 10)]
    assert claimed == [yours.id]
    assert (await store.runs.get(mine.id)).attempt == 1


async def test_renewing_tells_what_is_to_be_cancelled(store: Store) -> None:
    mine, other, yours = await begun(store), await begun(store), await begun(store, "w2")
    for run in (mine, yours):
        await store.runs.request_cancel(ANN, run.id)

    every = [mine.id, other.id, yours.id]
    assert list(await store.leases.renew("w1", every, LATER)) == [mine.id]
    assert list(await store.leases.renew("w1", [other.id], LATER)) == []


async def test_a_lease_that_its_worker_does_not_renew_runs_out(store: Store) -> None:
    driven, lost = await begun(store), await begun(store)

    await store.leases.renew("w1", [driven.id], MUCH_LATER)

    assert list(await store.leases.claim("w2", LATER, MUCH_LATER, 10)) == [(lost.id, 2)]
    assert list(await store.leases.renew("w1", [], MUCH_LATER)) == []


async def test_a_run_that_ended_has_no_lease(store: Store) -> None:
    run = await begun(store)
    await store.runs.request_cancel(ANN, run.id)
    await store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run))

    assert list(await store.leases.renew("w1", [run.id], LATER)) == []
    assert list(await store.leases.claim("w2", MUCH_LATER, MUCH_LATER, 10)) == []


async def test_no_more_are_taken_over_than_asked_the_longest_abandoned_first(
    store: Store,
) -> None:
    runs = [a_run(ANN, leased_until=NOW + n * MINUTE) for n in (3, 1, 2)]
    for run in runs:
        await store.runs.start(run, 10)

    claimed = [run_id for run_id, _ in await store.leases.claim("w2", LATER, MUCH_LATER, 2)]

    assert sorted(claimed) == sorted([runs[1].id, runs[2].id])


async def test_each_run_is_taken_over_by_one_worker(store: Store) -> None:
    runs = [await begun(store) for _ in range(12)]

    claims = await asyncio.gather(
        *(store.leases.claim(f"v{n}", LATER, MUCH_LATER, 4) for n in range(6))
    )

    claimed = [run_id for claim in claims for run_id, _ in claim]
    assert len(claimed) == len(set(claimed))
    rest = await store.leases.claim("last", LATER, MUCH_LATER, 100)
    assert sorted([*claimed, *(run_id for run_id, _ in rest)]) == sorted(run.id for run in runs)


async def test_two_claims_at_once_share_the_runs(store: Store) -> None:
    for _ in range(20):
        run = await begun(store)

        claims = await asyncio.gather(
            *(store.leases.claim(worker, LATER, MUCH_LATER, 10) for worker in ("w2", "w3"))
        )

        assert [pair for claim in claims for pair in claim] == [(run.id, 2)]


async def test_a_run_that_waits_has_no_worker(store: Store) -> None:
    run = await begun(store)
    consent = a_consent(run)
    await store.log.append(run.id, 1, 2, [requested(consent)], consents=[consent])

    assert await store.leases.park(run.id, 1, 0) is True

    assert (await store.runs.get(run.id)).status is RunStatus.WAITING_CONSENT
    assert list(await store.leases.claim("w2", MUCH_LATER, MUCH_LATER, 10)) == []
    assert list(await store.leases.renew("w1", [run.id], MUCH_LATER)) == []
    await store.leases.release(run.id, 1)
    assert list(await store.leases.claim("w2", MUCH_LATER, MUCH_LATER, 10)) == []


async def test_a_run_does_not_wait_when_there_is_news(store: Store) -> None:
    run = await begun(store)
    consents = [a_consent(run) for _ in range(2)]
    await store.log.append(run.id, 1, 2, [DONE], consents=consents)
    yes = ConsentDecision(ConsentStatus.APPROVED)
    await reply(store, ANN, consents[0].id, yes, NOW)

    assert await store.leases.park(run.id, 1, 0) is False
    assert (await store.runs.get(run.id)).status is RunStatus.RUNNING
    assert await store.leases.park(run.id, 1, 1) is True


async def test_a_run_that_is_to_be_cancelled_does_not_wait(store: Store) -> None:
    run = await begun(store)
    await store.runs.request_cancel(ANN, run.id)

    assert await store.leases.park(run.id, 1, 0) is False

    assert list(await store.leases.renew("w1", [run.id], LATER)) == [run.id]


async def test_a_cancel_takes_a_waiting_run_up(store: Store) -> None:
    run = await begun(store)
    await store.leases.park(run.id, 1, 0)

    assert await store.runs.request_cancel(ANN, run.id) is True

    assert list(await store.leases.claim("w2", NOW, LATER, 10)) == [(run.id, 2)]
    record = await store.runs.get(run.id)
    assert (record.status, record.cancel_requested) == (RunStatus.RUNNING, True)


async def test_only_who_drives_a_run_lets_it_wait(store: Store) -> None:
    run = await begun(store)
    await store.leases.claim("w2", LATER, MUCH_LATER, 10)

    with pytest.raises(LeaseLost):
        await store.leases.park(run.id, 1, 0)
    await store.log.append(run.id, 2, 2, [DONE], ending=an_ending(run))
    with pytest.raises(LeaseLost):
        await store.leases.park(run.id, 2, 0)


async def test_a_run_that_is_handed_back_is_free_at_once(store: Store) -> None:
    run, other = await begun(store), await begun(store)

    await store.leases.release(run.id, 1)

    assert list(await store.leases.renew("w1", [run.id], LATER)) == []
    assert list(await store.leases.claim("w2", NOW - MINUTE, LATER, 10)) == [(run.id, 2)]
    assert (await store.runs.get(other.id)).attempt == 1


async def test_a_lost_lease_cannot_be_handed_back(store: Store) -> None:
    run = await begun(store)
    await store.leases.claim("w2", LATER, MUCH_LATER, 10)

    await store.leases.release(run.id, 1)
    assert list(await store.leases.claim("w3", LATER, MUCH_LATER, 10)) == []
    await store.log.append(run.id, 2, 2, [DONE], ending=an_ending(run))
    await store.leases.release(run.id, 2)
    assert list(await store.leases.claim("w3", MUCH_LATER, MUCH_LATER, 10)) == []


async def test_the_runs_of_a_dead_worker_can_be_claimed_at_once(store: Store) -> None:
    driven, ended = await begun(store), await begun(store)
    await begun(store, "w2")
    await store.log.append(ended.id, 1, 2, [DONE], ending=an_ending(ended))
    waiting = a_run(ANN)
    await asked(store, waiting, a_consent(waiting))

    assert await store.leases.free("w1") == 1
    assert await store.leases.free("w1") == 0

    claimed = await store.leases.claim("w3", NOW, MUCH_LATER, 10)
    assert [run_id for run_id, _ in claimed] == [driven.id]
    assert list(await store.leases.renew("w1", [driven.id], MUCH_LATER)) == []


async def test_what_waits_is_counted(store: Store) -> None:
    run = await begun(store)
    assert await store.leases.backlog(run.leased_until) == Backlog(queued=0, consents=0)
    await store.leases.release(run.id, 1)
    consent = a_consent(run)
    await store.log.append(run.id, 1, 2, [requested(consent)], consents=[consent])
    assert await store.leases.backlog(NOW) == Backlog(queued=1, consents=1)

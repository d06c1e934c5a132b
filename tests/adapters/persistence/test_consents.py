"""The contract of `Consents`, and of how the log keeps requests."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.persistence import Store
from domain.consents.consent import (
    ConsentDecision,
    ConsentKind,
    ConsentStatus,
    answered,
    digest_of,
    expired,
)
from domain.consents.service import expire_due
from domain.execution.questions import requested
from domain.runs.call_events import ConsentRequested
from domain.runs.events import Chunk
from domain.runs.states import RunStatus
from domain.shared.errors import Conflict, Gone, InvalidRequest, LeaseLost, NotFound
from domain.shared.ids import new_id
from domain.tools.questions import QuestionKind, ToolQuestion
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOT_IDS,
    NOW,
    UNKNOWN,
    a_consent,
    a_direct_run,
    a_run,
    an_ending,
    asked,
    reply,
)

ANN, BOB = new_id(), new_id()
LATER = NOW + 5 * MINUTE
TOO_LATE = NOW + 10 * MINUTE
YES, NO = (
    ConsentDecision(ConsentStatus.APPROVED),
    ConsentDecision(ConsentStatus.DENIED, None, "not\0 today"),
)


async def claimed(store: Store) -> list[tuple[str, int]]:
    return list(await store.leases.claim("w2", LATER, TOO_LATE + MINUTE, 10))


async def test_a_request_comes_back_as_it_was(store: Store) -> None:
    run = a_run(ANN)
    one, two = a_consent(run), a_consent(run, created_at=NOW + MINUTE, call_id="c2")
    await asked(store, run, two, one)

    assert await store.consents.get(ANN, one.id) == one
    assert list(await store.consents.of_run(run.id)) == [one, two]


async def test_a_question_of_a_tool_comes_back_with_its_answer(store: Store) -> None:
    run = a_run(ANN)
    question = ToolQuestion(
        QuestionKind.INPUT, "How many?", {"schema": {"type": "object", "é": [2**70]}}
    )
    consent = a_consent(run, kind=ConsentKind.INPUT, question=question)
    await asked(store, run, consent)
    assert await store.consents.get(ANN, consent.id) == consent

    values = {"naïve": [1, None, 2**70]}
    yes = ConsentDecision(ConsentStatus.APPROVED, values=values)
    await reply(store, ANN, consent.id, yes, NOW)

    stored = await store.consents.get(ANN, consent.id)
    assert (stored.question, stored.values) == (question, values)
    requested_event, *_ = [
        event.body
        for event in await store.log.read(run.id, None, 10)
        if isinstance(event.body, ConsentRequested)
    ]
    assert (requested_event.message, requested_event.fields) == ("How many?", question.fields)


@pytest.mark.parametrize("consent_id", [*NOT_IDS, UNKNOWN])
async def test_an_unknown_request(store: Store, consent_id: str) -> None:
    with pytest.raises(NotFound):
        await store.consents.get(ANN, consent_id)
    with pytest.raises(NotFound):
        await reply(store, ANN, consent_id, YES, NOW)
    assert list(await store.consents.of_run(consent_id)) == []


async def test_another_users_request_is_unknown(store: Store) -> None:
    run = a_run(ANN)
    consent = a_consent(run)
    await asked(store, run, consent)

    with pytest.raises(NotFound):
        await store.consents.get(BOB, consent.id)
    with pytest.raises(NotFound):
        await reply(store, BOB, consent.id, YES, NOW)
    assert (await store.consents.page(BOB, None, 10, None)).items == []
    assert await store.consents.get(ANN, consent.id) == consent


@pytest.mark.parametrize("answer", [YES, NO])
async def test_an_answer_is_kept_and_lets_the_run_go_on(
    store: Store, answer: ConsentDecision
) -> None:
    run = a_direct_run(ANN)
    consent = a_consent(run)
    await asked(store, run, consent)
    assert await claimed(store) == []

    kept = await reply(store, ANN, consent.id, answer, LATER)

    reason = answer.reason.replace("\0", "\ufffd")
    assert kept == replace(consent, status=answer.status, answer_reason=reason, answered_at=LATER)
    assert await store.consents.get(ANN, consent.id) == kept
    assert (await store.runs.get(run.id)).status is RunStatus.RUNNING
    assert await claimed(store) == [(run.id, 2)]


async def test_edited_arguments_take_the_place_of_the_others(store: Store) -> None:
    run = a_run(ANN)
    consent = a_consent(run)
    await asked(store, run, consent)
    params = {"text": "milder", "n": []}
    digest = digest_of("write", "v1", params)

    kept = await reply(store, ANN, consent.id, ConsentDecision(ConsentStatus.APPROVED, params), NOW)

    assert kept == await store.consents.get(ANN, consent.id)
    assert (kept.params, kept.original_params, kept.digest) == (params, consent.params, digest)


async def test_an_answer_is_single_use(store: Store) -> None:
    run = a_run(ANN)
    consent = a_consent(run)
    await asked(store, run, consent)
    kept = await reply(store, ANN, consent.id, NO, NOW)

    for again in (YES, NO):
        with pytest.raises(Conflict):
            await reply(store, ANN, consent.id, again, NOW)

    assert await store.consents.get(ANN, consent.id) == kept


async def test_of_two_answers_at_once_one_wins(store: Store) -> None:
    for _ in range(20):
        run = a_run(ANN)
        consent = a_consent(run)
        await asked(store, run, consent)

        tries = await asyncio.gather(
            *(reply(store, ANN, consent.id, answer, NOW) for answer in (YES, NO)),
            return_exceptions=True,
        )

        (winner,) = [result for result in tries if not isinstance(result, BaseException)]
        (loser,) = [result for result in tries if isinstance(result, BaseException)]
        assert type(loser) is Conflict
        assert await store.consents.get(ANN, consent.id) == winner


async def test_an_answer_that_comes_too_late(store: Store) -> None:
    run = a_run(ANN)
    consent = a_consent(run)
    await asked(store, run, consent)

    with pytest.raises(Gone):
        await reply(store, ANN, consent.id, YES, consent.expires_at)
    assert await store.consents.get(ANN, consent.id) == consent
    assert await expire_due(store.consents, consent.expires_at, 10) == 1
    with pytest.raises(Gone):
        await reply(store, ANN, consent.id, YES, consent.expires_at - MINUTE)

    assert (await store.consents.get(ANN, consent.id)).status is ConsentStatus.EXPIRED
    assert await claimed(store) == [(run.id, 2)]


async def test_of_an_answer_and_the_end_of_its_time_one_wins(store: Store) -> None:
    for turn in range(20):
        run = a_run(ANN)
        consent = a_consent(run)
        await asked(store, run, consent)

        both = [
            reply(store, ANN, consent.id, YES, NOW),
            expire_due(store.consents, consent.expires_at, 10),
        ]
        first, second = await asyncio.gather(
            *(both if turn % 2 else reversed(both)), return_exceptions=True
        )

        replied, ended = (first, second) if turn % 2 else (second, first)
        kept = await store.consents.get(ANN, consent.id)
        if ended == 0:
            assert kept == replied
            assert kept.status is ConsentStatus.APPROVED
        else:
            assert type(replied) is Gone
            assert kept.status is ConsentStatus.EXPIRED
        assert await claimed(store) == [(run.id, 2)]


async def test_what_waits_no_more_is_kept_as_it_is(store: Store) -> None:
    run = a_run(ANN)
    consent = a_consent(run)
    await asked(store, run, consent)
    kept = await reply(store, ANN, consent.id, NO, NOW)

    assert await store.consents.settle(answered(consent, YES, NOW)) is False
    assert await store.consents.settle(expired(consent, NOW)) is False
    assert await store.consents.settle(replace(answered(consent, YES, NOW), id=UNKNOWN)) is False

    assert await store.consents.get(ANN, consent.id) == kept


async def test_the_sweep_ends_what_nobody_answered(store: Store) -> None:
    runs = [a_run(ANN) for _ in range(3)]
    consents = [a_consent(run, expires_at=NOW + n * MINUTE) for n, run in enumerate(runs, 1)]
    for run, consent in zip(runs, consents, strict=True):
        await asked(store, run, consent)

    assert await expire_due(store.consents, NOW, 10) == 0
    assert await expire_due(store.consents, NOW + 2 * MINUTE, 1) == 1
    assert await expire_due(store.consents, NOW + 2 * MINUTE, 10) == 1
    assert await expire_due(store.consents, NOW + 2 * MINUTE, 10) == 0

    statuses = [(await store.consents.get(ANN, consent.id)).status for consent in consents]
    assert statuses == [ConsentStatus.EXPIRED, ConsentStatus.EXPIRED, ConsentStatus.WAITING]
    assert {run_id for run_id, _ in await claimed(store)} == {runs[0].id, runs[1].id}
    with pytest.raises(Gone):
        await reply(store, ANN, consents[0].id, YES, NOW)


async def test_several_sweeps_at_once_end_each_request_once(store: Store) -> None:
    run = a_run(ANN)
    await asked(store, run, *(a_consent(run) for _ in range(10)))

    ended = await asyncio.gather(*(expire_due(store.consents, TOO_LATE, 10) for _ in range(4)))

    assert sum(ended) == 10


async def test_what_waits_ends_with_the_run(store: Store) -> None:
    run = a_run(ANN)
    one, two = a_consent(run), a_consent(run)
    await asked(store, run, one, two, parked=False)
    await reply(store, ANN, one.id, NO, NOW)

    await store.log.append(run.id, 1, 4, [DONE], ending=an_ending(run, at=LATER))

    assert (await store.consents.get(ANN, one.id)).status is ConsentStatus.DENIED
    withdrawn = replace(two, status=ConsentStatus.CANCELLED, answered_at=LATER)
    assert await store.consents.get(ANN, two.id) == withdrawn
    with pytest.raises(Conflict):
        await reply(store, ANN, two.id, YES, NOW)


async def test_a_request_that_comes_with_the_end_is_withdrawn(store: Store) -> None:
    run = a_run(ANN)
    await store.runs.start(run, 10)
    consent = a_consent(run)

    await store.log.append(
        run.id, 1, 2, [requested(consent), DONE], ending=an_ending(run), consents=[consent]
    )

    assert (await store.consents.get(ANN, consent.id)).status is ConsentStatus.CANCELLED


async def test_requests_are_kept_only_with_their_events(store: Store) -> None:
    run = a_run(ANN)
    await store.runs.start(run, 10)
    consent = a_consent(run)

    for attempt, first in ((2, 2), (1, 1), (1, 3)):
        with pytest.raises(LeaseLost):
            await store.log.append(run.id, attempt, first, [Chunk("x")], consents=[consent])

    assert list(await store.consents.of_run(run.id)) == []
    assert len(await store.log.read(run.id, None, 10)) == 1


async def test_requests_go_with_their_conversation(store: Store) -> None:
    run = a_run(ANN)
    consent = a_consent(run)
    await asked(store, run, consent, parked=False)
    await store.log.append(run.id, 1, 3, [DONE], ending=an_ending(run))

    await store.conversations.delete(ANN, run.started.conversation_id)

    with pytest.raises(NotFound):
        await store.consents.get(ANN, consent.id)


async def test_pages_follow_on_each_other_newest_first(store: Store) -> None:
    run = a_run(ANN)
    consents = [a_consent(run, created_at=NOW + (n // 2) * MINUTE) for n in range(5)]
    await asked(store, run, *consents, parked=False)
    changed = await reply(store, ANN, consents[2].id, YES, NOW)

    first = await store.consents.page(ANN, None, 2, None)
    second = await store.consents.page(ANN, None, 2, first.next_cursor)
    third = await store.consents.page(ANN, None, 2, second.next_cursor)

    current = [*consents[:2], changed, *consents[3:]]
    ordered = sorted(current, key=lambda one: (one.created_at, one.id), reverse=True)
    assert [*first.items, *second.items, *third.items] == ordered
    assert third.next_cursor is None
    waiting = [one for one in ordered if one.status is ConsentStatus.WAITING]
    page = await store.consents.page(ANN, ConsentStatus.WAITING, 3, None)
    rest = await store.consents.page(ANN, ConsentStatus.WAITING, 3, page.next_cursor)
    assert [*page.items, *rest.items] == waiting
    assert (await store.consents.page(ANN, ConsentStatus.DENIED, 3, None)).items == []


@pytest.mark.parametrize("cursor", ["", "x", "\0", "c" + "0" * 46, "é"])
async def test_a_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await store.consents.page(ANN, None, 2, cursor)
    assert refused.value.details["fields"][0]["path"] == "cursor"


Change = Callable[[Store, str, str], Awaitable[Any]]
CHANGES: dict[str, Change] = {
    "answer": lambda store, _, one: reply(store, ANN, one, YES, NOW),
    "cancel": lambda store, run, _: store.runs.request_cancel(ANN, run),
    "expire": lambda store, _, __: expire_due(store.consents, TOO_LATE, 10),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_run_that_parks_misses_nothing(store: Store, change: str) -> None:
    """Whichever comes first, somebody goes on with the run."""
    for turn in range(100):
        run = a_direct_run(ANN)
        consent = a_consent(run)
        await asked(store, run, consent, parked=False)
        both = [store.leases.park(run.id, 1, 0), CHANGES[change](store, run.id, consent.id)]
        results = await asyncio.gather(*(both if turn % 2 else reversed(both)))

        is_parked = results[0 if turn % 2 else 1]
        assert (await store.runs.get(run.id)).status is RunStatus.RUNNING
        found = list(await store.leases.claim("w2", NOW, LATER, 10))
        if is_parked:
            assert found == [(run.id, 2)]
        else:
            assert found == []
            assert await store.leases.park(run.id, 1, 1) is (change != "cancel")

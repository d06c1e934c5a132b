"""The outbox: deliveries are stored in the transaction of what they tell, or not at all."""

from uuid import UUID

import pytest

from adapters.persistence import Database, Store
from domain.consents.consent import Consent
from domain.execution.questions import requested
from domain.monitoring.alerts import Alert, Severity
from domain.monitoring.readings import MonitoringReport
from domain.notifications.notices import Notice, NoticeType
from domain.runs.events import Chunk
from domain.shared.errors import LeaseLost
from domain.shared.ids import new_id
from domain.webhooks.delivery import Delivery, DeliveryStatus, TryResult
from domain.webhooks.endpoint import DisabledReason
from tests.adapters.persistence.stores import (
    DONE,
    MINUTE,
    NOW,
    a_consent,
    a_conversation,
    a_run,
    an_ending,
)
from tests.adapters.persistence.webhooks.endpoints import an_endpoint, sent_to, types_to

ANN = new_id()


def told(run_id: str, *types: NoticeType) -> list[Notice]:
    return [Notice(each, NOW, {"run_id": run_id, "tool": "naïve \0 \ud800"}) for each in types]


@pytest.fixture
def stored(database: Database) -> Store:
    return Store(database)


async def test_an_append_stores_its_notices_and_one_that_fails_none(stored: Store) -> None:
    hook = await an_endpoint(stored)
    run = a_run(ANN)
    await stored.runs.start(run, 10)
    executed = told(run.id, NoticeType.TOOL_EXECUTED, NoticeType.TOOL_EXECUTED)
    await stored.log.append(run.id, 1, 2, [Chunk("a")], notices=executed)
    for attempt, first in ((2, 3), (1, 2), (1, 9)):  # not ours, there already, with a gap
        with pytest.raises(LeaseLost):
            await stored.log.append(run.id, attempt, first, [Chunk("b")], notices=executed)
    completed = told(run.id, NoticeType.RUN_COMPLETED)
    ending = an_ending(run)
    await stored.log.append(run.id, 1, 3, [DONE], ending=ending, notices=completed)
    with pytest.raises(LeaseLost):
        await stored.log.append(run.id, 1, 4, [DONE], ending=ending, notices=completed)

    deliveries = await sent_to(stored, hook)
    assert {each.lane for each in deliveries} == {run.id}
    assert {UUID(each.id).version for each in deliveries} == {7}
    assert len({each.id for each in deliveries}) == 4
    in_order: list[Delivery] = []
    while claimed := await stored.deliveries.claim("w", NOW, NOW + MINUTE, 9):
        in_order += claimed  # one at a time
        await stored.deliveries.record(claimed[0], TryResult(NOW, 200), None)
    assert [each.type for each in in_order] == [
        "conversation.created",
        "tool.executed",
        "tool.executed",
        "run.completed",
    ]
    assert in_order[1].data["tool"] == "naïve \0 \ud800"


async def test_an_ending_without_an_answer_is_told_too(stored: Store) -> None:
    hook = await an_endpoint(stored, "run.failed")
    run = a_run(ANN)
    await stored.runs.start(run, 10)
    failed = told(run.id, NoticeType.RUN_FAILED)
    await stored.log.append(run.id, 1, 2, [DONE], ending=an_ending(run, None), notices=failed)
    assert await types_to(stored, hook) == ["run.failed"]


async def test_consents_are_told_with_their_events(stored: Store) -> None:
    hook = await an_endpoint(stored, "consent.required")
    run = a_run(ANN)
    await stored.runs.start(run, 10)
    consents: list[Consent] = [a_consent(run), a_consent(run, call_id="c2")]
    notices = told(run.id, NoticeType.CONSENT_REQUIRED, NoticeType.CONSENT_REQUIRED)
    events = [requested(each) for each in consents]
    await stored.log.append(run.id, 1, 2, events, consents=consents, notices=notices)
    assert await types_to(stored, hook) == ["consent.required"] * 2


async def test_a_conversation_made_by_itself_is_told(stored: Store) -> None:
    hook = await an_endpoint(stored, "conversation.created")
    made = a_conversation(ANN)
    await stored.conversations.add(made)
    (delivery,) = await sent_to(stored, hook)
    assert delivery.data == {"conversation_id": made.id, "user_id": ANN}
    assert (delivery.lane, delivery.created_at) == (made.id, made.created_at)


async def test_alerts_are_told_with_the_report_that_changes_them(stored: Store) -> None:
    hook = await an_endpoint(stored, "alert.critical", "alert.warning")
    for severity in (Severity.CRITICAL, Severity.CRITICAL, Severity.WARNING, Severity.OK):
        report = MonitoringReport("p", NOW, {}, [Alert("cpu", severity, "CPU")])
        await stored.monitoring.keep(report)
    assert await types_to(stored, hook) == ["alert.critical", "alert.warning"]


async def test_an_endpoint_gets_what_it_subscribed_to_while_it_is_enabled(stored: Store) -> None:
    everything = await an_endpoint(stored, "*")
    runs = await an_endpoint(stored, "run.*")
    single = await an_endpoint(stored, "run.failed", "alert.ok")
    disabled = await an_endpoint(stored, "*")
    assert await stored.webhooks.disable(disabled.id, NOW, DisabledReason.OPERATOR)
    types = [NoticeType.RUN_FAILED, NoticeType.RUN_COMPLETED, NoticeType.TOOL_EXECUTED]
    await stored.outbox.write(told("r", *types))
    await stored.outbox.write([])
    assert await types_to(stored, everything) == ["run.completed", "run.failed", "tool.executed"]
    assert await types_to(stored, runs) == ["run.completed", "run.failed"]
    assert await types_to(stored, single) == ["run.failed"]
    assert await types_to(stored, disabled) == []


async def test_what_is_rolled_back_is_not_told(stored: Store) -> None:
    hook = await an_endpoint(stored)

    async def work() -> None:
        await stored.outbox.write(told("r", NoticeType.RUN_FAILED))
        raise KeyError

    with pytest.raises(KeyError):
        await stored.unit_of_work.run(work)
    assert await sent_to(stored, hook, DeliveryStatus.PENDING) == []

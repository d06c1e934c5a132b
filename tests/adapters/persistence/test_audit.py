"""The contract of `Audit`."""

import pytest

from adapters.persistence import Store
from domain.policy.audit import Decided
from domain.shared.errors import InvalidRequest
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import DONE, MINUTE, NOW, a_run, an_ending


def a_decision(
    number: int = 0, run_id: str | None = None, user_id: str | None = None, username: str = "ann"
) -> Decided:
    return Decided(
        id=new_id(),
        at=NOW + (number // 2) * MINUTE,
        user_id=user_id or new_id(),
        username=username,
        run_id=run_id or new_id(),
        call_id=f"c{number}",
        tool="write",
        effect="write",
        params={"deep": [{"er": "naïve \0"}], "n": 2**70},
        digest="d" * 64,
        decision="ask",
        rule="rule 1 (no night shifts)",
    )


async def test_decisions_come_back_newest_first_page_by_page(store: Store) -> None:
    decisions = [a_decision(n) for n in range(5)]
    await store.audit.record(decisions[:3])
    await store.audit.record(decisions[3:])

    first = await store.audit.page(2, None)
    second = await store.audit.page(2, first.next_cursor)
    third = await store.audit.page(2, second.next_cursor)

    ordered = sorted(decisions, key=lambda one: (one.at, one.id), reverse=True)
    assert [*first.items, *second.items, *third.items] == ordered
    assert third.next_cursor is None


async def test_no_decisions_are_no_write(store: Store) -> None:
    await store.audit.record([])

    assert (await store.audit.page(2, None)).items == []


async def test_the_record_outlives_the_conversation(store: Store) -> None:
    run = a_run(new_id())
    await store.runs.start(run, 10)
    decided = a_decision(run_id=run.id)
    await store.audit.record([decided])
    await store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run))

    await store.conversations.delete(run.started.user_id, run.started.conversation_id)

    assert (await store.audit.page(2, None)).items == [decided]


@pytest.mark.parametrize("cursor", ["", "x", "\0", "r" + "0" * 46, "é"])
async def test_a_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await store.audit.page(2, cursor)
    assert refused.value.details["fields"][0]["path"] == "cursor"

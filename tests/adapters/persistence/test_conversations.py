"""The contract of `Conversations`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.persistence import Store
from domain.shared.errors import InvalidRequest, NotFound, RunInProgress
from domain.shared.ids import new_id
from tests.adapters.persistence.stores import (
    MINUTE,
    NOT_IDS,
    NOW,
    a_conversation,
    a_run,
    answered,
)

ANN, BOB = new_id(), new_id()
BAD_CURSORS = ("", "=", "x", "é", "\0", "W10", "bnVsbA", "WyJ1c2VycyIsMSwieCJd", "A" * 10_000)


async def test_a_conversation_comes_back_as_it_was(store: Store) -> None:
    kept = a_conversation(ANN, "Naïve ☃ % _ title")
    await store.conversations.add(kept)

    assert await store.conversations.get(ANN, kept.id) == kept


Use = Callable[[Store, str, str], Awaitable[Any]]
USES: dict[str, Use] = {
    "get": lambda store, user, one: store.conversations.get(user, one),
    "change": lambda store, user, one: store.conversations.change(user, one, NOW, {"title": "New"}),
    "delete": lambda store, user, one: store.conversations.delete(user, one),
    "messages": lambda store, user, one: store.conversations.messages(user, one, 10, None),
}


@pytest.mark.parametrize("use", USES)
async def test_another_users_and_an_unknown_one_look_the_same(store: Store, use: str) -> None:
    kept = a_conversation(ANN)
    await store.conversations.add(kept)
    said = set()

    for user_id, conversation_id in [(BOB, kept.id), *((ANN, bad) for bad in (*NOT_IDS, new_id()))]:
        with pytest.raises(NotFound) as unknown:
            await USES[use](store, user_id, conversation_id)
        said.add(unknown.value.message)

    assert len(said) == 1
    assert await store.conversations.get(ANN, kept.id) == kept


async def test_pages_follow_on_each_other_last_changed_first(store: Store) -> None:
    kept = [a_conversation(ANN, f"{n}", NOW + (n // 2) * MINUTE) for n in range(5)]
    for conversation in (*kept, a_conversation(BOB)):
        await store.conversations.add(conversation)

    first = await store.conversations.page(ANN, 2, None)
    second = await store.conversations.page(ANN, 2, first.next_cursor)
    third = await store.conversations.page(ANN, 2, second.next_cursor)

    ordered = sorted(kept, key=lambda one: (one.updated_at, one.id), reverse=True)
    assert [*first.items, *second.items, *third.items] == ordered
    assert third.next_cursor is None


async def test_the_first_ones_can_be_left_out(store: Store) -> None:
    kept = [a_conversation(ANN, f"{n}", NOW + n * MINUTE) for n in range(4)]
    for conversation in (*kept, a_conversation(BOB)):
        await store.conversations.add(conversation)

    for offset, titles in ((0, "32"), (1, "21"), (3, "0"), (4, ""), (2**31 - 1, "")):
        page = await store.conversations.page(ANN, 2, None, offset=offset)
        assert "".join(each.title for each in page.items) == titles
    page = await store.conversations.page(ANN, 2, None, "2", offset=1)
    assert page.items == []


@pytest.mark.parametrize("cursor", BAD_CURSORS)
async def test_a_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    kept = a_conversation(ANN)
    await store.conversations.add(kept)

    for page in (
        store.conversations.page(ANN, 2, cursor),
        store.conversations.messages(ANN, kept.id, 2, cursor),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await page
        assert refused.value.details["fields"][0]["path"] == "cursor"


async def test_a_renamed_conversation_is_the_first_of_the_list(store: Store) -> None:
    one, two = a_conversation(ANN), a_conversation(ANN, at=NOW + MINUTE)
    for conversation in (one, two):
        await store.conversations.add(conversation)

    renamed = await store.conversations.change(ANN, one.id, NOW + 2 * MINUTE, {"title": "New"})

    assert (renamed.title, renamed.updated_at) == ("New", NOW + 2 * MINUTE)
    assert (await store.conversations.page(ANN, 2, None)).items == [renamed, two]


async def test_what_is_not_changed_stays(store: Store) -> None:
    kept = replace(a_conversation(ANN, "Old"), provider="openai", model="gpt-x")
    await store.conversations.add(kept)

    changed = await store.conversations.change(ANN, kept.id, NOW, {"provider": None, "model": "m"})

    assert changed == replace(kept, provider=None, model="m", updated_at=NOW)
    assert await store.conversations.get(ANN, kept.id) == changed


async def test_what_is_forgotten_is_gone_with_all_that_belongs_to_it(store: Store) -> None:
    run = await answered(store, ANN)
    conversation_id = run.started.conversation_id

    await store.conversations.delete(ANN, conversation_id)

    with pytest.raises(NotFound):
        await store.conversations.get(ANN, conversation_id)
    with pytest.raises(NotFound):
        await store.runs.get(run.id)
    assert await store.log.read(run.id, None, 10) == []
    assert list(await store.conversations.search(ANN, "42", 10)) == []


async def test_a_conversation_with_an_active_run_stays(store: Store) -> None:
    run = a_run(ANN)
    await store.runs.start(run, 10)

    with pytest.raises(RunInProgress):
        await store.conversations.delete(ANN, run.started.conversation_id)

    assert (await store.runs.get(run.id)).finished_at is None


async def test_messages_come_oldest_first_from_the_newest_page_back(store: Store) -> None:
    run = await answered(store, ANN, question="q0", answer="a0")
    one = run.started.conversation_id
    for turn in (1, 2):
        await answered(store, ANN, one, question=f"q{turn}", answer=f"a{turn}")

    newest = await store.conversations.messages(ANN, one, 4, None)
    oldest = await store.conversations.messages(ANN, one, 4, newest.next_cursor)

    assert [message.content for message in newest.items] == ["q1", "a1", "q2", "a2"]
    assert [message.content for message in oldest.items] == ["q0", "a0"]
    assert oldest.next_cursor is None


async def test_an_empty_conversation_has_an_empty_page(store: Store) -> None:
    kept = a_conversation(ANN)
    await store.conversations.add(kept)

    page = await store.conversations.messages(ANN, kept.id, 4, None)

    assert (list(page.items), page.next_cursor) == ([], None)


async def test_the_list_knows_how_many_messages_and_the_last_one(store: Store) -> None:
    run = await answered(store, ANN, answer="It is\n\n 42. " + "And so on. " * 50)

    kept = await store.conversations.get(ANN, run.started.conversation_id)

    assert kept.message_count == 2
    assert kept.last_message_preview.startswith("It is 42. And so on.")
    assert len(kept.last_message_preview) <= 120


@pytest.mark.parametrize("text", ["forty", "FORTY", "ty-TW", "100%", "a_b", "!", "\\"])
async def test_text_is_found_in_messages_in_any_case_and_literally(store: Store, text: str) -> None:
    await answered(store, ANN, question="Forty-Two", answer="100% a_b ! \\")
    await answered(store, ANN, question="nothing", answer="100 aXb")
    await answered(store, BOB, question="Forty-Two", answer="100% a_b ! \\")

    page = await store.conversations.page(ANN, 10, None, text)
    found = await store.conversations.search(ANN, text, 10)

    assert len(page.items) == 1
    assert len(found) == 1
    assert found[0].conversation_id == page.items[0].id


@pytest.mark.parametrize("text", ["cafe paris", "CAFÉ", "París café", "cafés"])
async def test_words_are_found_in_any_order_and_with_any_accents(store: Store, text: str) -> None:
    await answered(store, ANN, question="¿Qué cafés hay en París?", answer="Muchos.")
    await answered(store, ANN, question="¿Qué museos hay en París?", answer="Muchos.")

    found = await store.conversations.search(ANN, text, 10)

    assert [message.content for message in found] == ["¿Qué cafés hay en París?"]
    assert len((await store.conversations.page(ANN, 10, None, text)).items) == 1


async def test_the_message_that_asks_is_left_out(store: Store) -> None:
    for minute in range(2):
        await answered(store, ANN, question=f"number {minute}", at=NOW + minute * MINUTE)
    [asking, _] = await store.conversations.search(ANN, "number", 10)

    found = await store.conversations.search(ANN, "number", 10, asking.id)

    assert [message.content for message in found] == ["number 0"]


async def test_text_is_found_in_titles(store: Store) -> None:
    kept = a_conversation(ANN, "Quarterly Report")
    for conversation in (kept, a_conversation(ANN, "Other")):
        await store.conversations.add(conversation)

    assert (await store.conversations.page(ANN, 10, None, "report")).items == [kept]


@pytest.mark.parametrize("text", ["\0", "\ud800"])
async def test_text_that_cannot_be_stored_is_not_found(store: Store, text: str) -> None:
    await answered(store, ANN)

    assert list((await store.conversations.page(ANN, 10, None, text)).items) == []
    assert list(await store.conversations.search(ANN, text, 10)) == []


async def test_a_search_has_pages_too(store: Store) -> None:
    kept = [a_conversation(ANN, f"Report {n}", NOW + n * MINUTE) for n in range(3)]
    for conversation in (*kept, a_conversation(ANN, "Other", NOW + MINUTE)):
        await store.conversations.add(conversation)

    first = await store.conversations.page(ANN, 2, None, "report")
    second = await store.conversations.page(ANN, 2, first.next_cursor, "report")

    assert [*first.items, *second.items] == kept[::-1]


async def test_found_messages_come_newest_first_and_no_more_than_asked(store: Store) -> None:
    for minute in range(3):
        await answered(store, ANN, question=f"number {minute}", at=NOW + minute * MINUTE)

    found = await store.conversations.search(ANN, "number", 2)

    assert [message.content for message in found] == ["number 2", "number 1"]

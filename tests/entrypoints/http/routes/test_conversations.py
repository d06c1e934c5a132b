"""Conversations, as clients see them."""

import re
from typing import Any

import pytest

from domain.conversations.conversation import MessageRole
from entrypoints.http.routes.conversations import ConversationView, MessageView
from tests.entrypoints.http.conftest import Client

PATH = "/api/conversations"
QUESTION = {"message": "What is 17 * 23?"}


async def test_a_conversation_from_birth_to_death(ada: Client) -> None:
    response = await ada.send("POST", PATH, {"title": "A trip"})

    assert response.status_code == 201
    made = await response.get_json()
    where = response.headers["Location"]
    assert where == f"{PATH}/{made['id']}"
    assert made.keys() == ConversationView.model_fields.keys()
    assert (made["title"], made["message_count"]) == ("A trip", 0)
    assert await ada.get(where) == made | {"messages": [], "next_cursor": None}

    renamed = await ada.json("PATCH", where, {"title": "  Another\ntrip "})
    assert renamed["title"] == "Another trip"
    assert renamed["updated_at"] >= made["updated_at"]

    assert (await ada.send("DELETE", where)).status_code == 204
    for method in ("GET", "DELETE"):
        await ada.error(method, where, 404, "NOT_FOUND")
    await ada.error("PATCH", where, 404, "NOT_FOUND", {"title": "x"})


async def test_a_title_is_not_needed(ada: Client) -> None:
    assert (await ada.json("POST", PATH, {}, 201))["title"] == "New conversation"


@pytest.mark.one_engine
async def test_bad_titles(ada: Client, subtests: pytest.Subtests) -> None:
    for title in ["", "x" * 81, 7, None]:
        with subtests.test(title=title):
            await ada.error("POST", PATH, 400, "INVALID_REQUEST", {"title": title})


async def test_who_answers_in_it(ada: Client) -> None:
    made = await ada.json("POST", PATH, {"provider": "offline"}, 201)
    where = f"{PATH}/{made['id']}"
    question = QUESTION | {"conversation_id": made["id"]}

    async def answer(body: dict[str, Any]) -> str:
        return str((await ada.json("POST", "/api/chat", body))["message"])

    assert (made["provider"], made["model"]) == ("offline", None)
    scripted = await answer(question | {"provider": "scripted"})
    offline = await answer(question)
    assert offline != scripted
    assert await answer(question) == offline
    changed = await ada.json("PATCH", where, {"provider": None})
    assert (changed["title"], changed["provider"]) == (made["title"], None)
    error = await ada.error("POST", "/api/chat", 502, "UPSTREAM_ERROR", question)
    assert error["details"]["provider"] == "scripted"  # whose answers are used up

    for body in ({"provider": "mystery"}, {"model": ""}):
        await ada.error("POST", PATH, 400, "INVALID_REQUEST", body)
        await ada.error("PATCH", where, 400, "INVALID_REQUEST", body)
        await ada.error("POST", "/api/chat", 400, "INVALID_REQUEST", question | body)
    for method, path in (("POST", PATH), ("PATCH", where)):
        await ada.error(method, path, 409, "CONFLICT", {"provider": "openai"})
    await ada.error("POST", "/api/chat", 409, "CONFLICT", question | {"provider": "openai"})


async def test_the_list_goes_on_at_its_cursor(ada: Client) -> None:
    made = [(await ada.json("POST", PATH, {"title": f"{n}"}, 201))["id"] for n in range(5)]
    found: list[str] = []
    cursor = ""

    for _ in range(3):
        page = await ada.get(f"{PATH}?limit=2{cursor}")
        found += [item["id"] for item in page["conversations"]]
        cursor = f"&cursor={page['next_cursor']}"

    assert found == made[::-1]
    assert page["next_cursor"] is None


async def test_the_list_is_searched(ada: Client) -> None:
    await ada.json("POST", PATH, {"title": "Lisbon in May"}, 201)
    await ada.json("POST", PATH, {"title": "Taxes"}, 201)

    page = await ada.get(f"{PATH}?q=lisbon")

    assert [item["title"] for item in page["conversations"]] == ["Lisbon in May"]
    assert len((await ada.get(f"{PATH}?q="))["conversations"]) == 2


async def test_bad_queries(ada: Client, subtests: pytest.Subtests) -> None:
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "q=%00"]:
        with subtests.test(query=query):
            await ada.error("GET", f"{PATH}?{query}", 400, "INVALID_REQUEST")


async def test_what_was_said(ada: Client) -> None:
    answer = await ada.json("POST", "/api/chat", QUESTION)
    conversation_id = answer["conversation_id"]

    whole = await ada.get(f"{PATH}/{conversation_id}")
    history = await ada.get(f"/api/chat/{conversation_id}/history")

    assert history == {
        "conversation_id": conversation_id,
        "messages": whole["messages"],
        "next_cursor": None,
    }
    assert whole["title"] == QUESTION["message"]
    assert whole["message_count"] == 2
    question, said = whole["messages"]
    assert question.keys() == said.keys() == MessageView.model_fields.keys()
    assert (question["role"], question["content"]) == ("user", QUESTION["message"])
    assert (said["role"], said["content"]) == ("assistant", "That makes 391.")
    assert (said["id"], said["tool_calls"], said["results"]) == (
        answer["message_id"],
        answer["tool_calls"],
        answer["results"],
    )


async def test_messages_are_paged_from_the_end(ada: Client) -> None:
    conversation_id = (await ada.json("POST", "/api/chat", QUESTION))["conversation_id"]
    for path in (f"{PATH}/{conversation_id}", f"/api/chat/{conversation_id}/history"):
        last = await ada.get(f"{path}?limit=1")
        first = await ada.get(f"{path}?limit=1&cursor={last['next_cursor']}")

        assert [message["role"] for message in last["messages"]] == ["assistant"]
        assert [message["role"] for message in first["messages"]] == ["user"]
        assert first["next_cursor"] is None


async def test_cursors_have_the_documented_form(ada: Client) -> None:
    document = await ada.get("/openapi.json")
    conversation_id = (await ada.json("POST", "/api/chat", QUESTION))["conversation_id"]
    await ada.json("POST", PATH, {}, 201)
    pages = {
        PATH: f"{PATH}?limit=1",
        f"{PATH}/{{conversation_id}}": f"{PATH}/{conversation_id}?limit=1",
    }

    for path, address in pages.items():
        parameters = document["paths"][path]["get"]["parameters"]
        (cursor,) = [found for found in parameters if found["name"] == "cursor"]
        given = (await ada.get(address))["next_cursor"]
        assert re.search(cursor["schema"]["pattern"], given)


def test_every_role_is_documented() -> None:
    documented = MessageView.model_json_schema()["properties"]["role"]["enum"]

    assert documented == [role.value for role in MessageRole]

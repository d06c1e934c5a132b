"""Sampling parameters as clients give them: with a message, for a conversation, for all."""

import json
from typing import Any

import pytest

from tests.entrypoints.http.conftest import Client

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
FORM = {"type": "json_schema", "schema": SCHEMA}
KEPT_FORM = {**FORM, "name": "answer", "strict": False}


async def say(client: Client, sampling: dict[str, Any] | None, **more: Any) -> Any:
    body = {"message": "Who are you?", "provider": "offline", "sampling": sampling, **more}
    return await client.json("POST", "/api/chat", body)


async def test_a_message_says_how_to_answer(ada: Client) -> None:
    whole = await say(ada, None)
    assert whole["warnings"] == []
    short = await say(ada, {"max_output_tokens": 3, "temperature": None})
    assert whole["message"].startswith(short["message"])
    assert len(short["message"]) <= 12
    shaped = await say(ada, {"response_format": FORM, "stop": "nowhere", "seed": 3.0})
    assert json.loads(shaped["message"]) == {"a": whole["message"]}
    assert shaped["warnings"] == []


async def test_what_had_no_effect_is_in_the_warnings(ada: Client) -> None:
    answer = await say(ada, {"temperature": 0.2, "seed": 1})
    warning = (
        "temperature had no effect: offline/offline-1 does not take it, or not with this request."
    )
    assert answer["warnings"] == [warning]
    run = await ada.get(f"/api/runs/{answer['run_id']}")
    assert run["warnings"] == [warning]
    response = await ada.send("GET", f"/api/runs/{answer['run_id']}/events")
    *_, done, _ = (await response.get_data(as_text=True)).split("\n\n")
    assert json.loads(done.split("data: ")[1])["warnings"] == [warning]


async def test_a_conversation_keeps_what_is_set_for_it(ada: Client) -> None:
    first = {"seed": 1, "stop": ["x", "y"], "response_format": FORM}
    made = await ada.json("POST", "/api/conversations", {"sampling": first}, 201)
    path = f"/api/conversations/{made['id']}"
    kept = first | {"response_format": KEPT_FORM}
    assert made["sampling"] == kept
    change: dict[str, Any] = {"sampling": {"seed": None, "top_p": 0.5, "stop": []}}
    changed = await ada.json("PATCH", path, change)
    expected = {"top_p": 0.5, "stop": [], "response_format": KEPT_FORM}
    assert changed["sampling"] == expected
    assert (await ada.get(path))["sampling"] == expected
    assert (await ada.json("PATCH", path, {"title": "Other"}))["sampling"] == expected
    assert (await ada.json("PATCH", path, {"sampling": None}))["sampling"] == {}
    assert (await ada.get("/api/conversations"))["conversations"][0]["sampling"] == {}


async def test_each_parameter_is_the_messages_else_the_conversations_else_the_configured(
    ada: Client, admin: Client
) -> None:
    configured = {"llm": {"sampling": {"max_output_tokens": 3, "response_format": FORM}}}
    view = await admin.json("PUT", "/api/config", configured)
    assert view["llm"]["sampling"] == {"max_output_tokens": 3, "response_format": KEPT_FORM}
    own = {"sampling": {"max_output_tokens": 500}}
    made = await ada.json("POST", "/api/conversations", own, 201)
    in_it = {"conversation_id": made["id"]}
    assert json.loads((await say(ada, None, **in_it))["message"])["a"]
    assert len((await say(ada, None))["message"]) <= 12
    plain = await say(ada, {"response_format": {"type": "text"}}, **in_it)
    assert not plain["message"].startswith("{")
    one = await admin.json("PUT", "/api/config", {"llm": {"sampling": {"response_format": None}}})
    assert one["llm"]["sampling"] == {"max_output_tokens": 3}
    none = await admin.json("PUT", "/api/config", {"llm": {"sampling": None}})
    assert none["llm"]["sampling"] == {}


@pytest.mark.one_engine
async def test_what_is_out_of_bounds_is_said_by_field(
    ada: Client, subtests: pytest.Subtests
) -> None:
    for sampling, path, message in BAD:
        with subtests.test(sampling=str(sampling)[:60]):
            body = {"message": "hi", "sampling": sampling}
            error = await ada.error("POST", "/api/chat", 400, "INVALID_REQUEST", body)
            (field,) = error["details"]["fields"]
            assert (field["path"], field["message"]) == (f"sampling{path}", message)


BAD: list[tuple[Any, str, str]] = [
    (1, "", "It must be an object."),
    ({"temperature": 2.1}, ".temperature", "It must be at most 2.0."),
    ({"temperature": "hot"}, ".temperature", "It must be a number."),
    ({"top_p": -0.1}, ".top_p", "It must be at least 0.0."),
    ({"max_output_tokens": 0}, ".max_output_tokens", "It must be at least 1."),
    ({"max_output_tokens": 1.5}, ".max_output_tokens", "It must be a whole number."),
    ({"seed": 2**31}, ".seed", "It must be at most 2147483647."),
    ({"stop": ["a"] * 5}, ".stop", "It must have at most 4 entries."),
    ({"stop": ["a", ""]}, ".stop.1", "It must not be empty."),
    (
        {"tool_choice": "gone"},
        ".tool_choice",
        "It is none of auto, none, required, and no enabled tool has this name.",
    ),
    (
        {"response_format": {"type": "xml"}},
        ".response_format",
        "It must have 'type' one of 'text', 'json_object', 'json_schema'.",
    ),
    ({"response_format": {"type": "json_schema"}}, ".response_format.schema", "It is missing."),
    (
        {"response_format": {"type": "json_schema", "schema": {"title": "x" * 64_000}}},
        ".response_format.schema",
        "It has more than 64,000 characters.",
    ),
    (
        {"heat": 1},
        ".heat",
        (
            "There is no such field here, but: temperature, top_p, max_output_tokens, stop, seed, "
            "tool_choice, response_format."
        ),
    ),
]


async def test_a_frame_says_how_to_answer(ada: Client) -> None:
    async with ada.app.test_client().websocket("/ws") as socket:
        await socket.send(json.dumps({"type": "auth", "token": ada.token}))
        assert json.loads(await socket.receive())["type"] == "ready"
        frame = {"type": "chat", "message": "Who are you?", "provider": "offline"}
        await socket.send(json.dumps({**frame, "sampling": {"temperature": 3}}))
        error = json.loads(await socket.receive())["error"]
        assert error["details"]["fields"][0]["path"] == "sampling.temperature"
        await socket.send(json.dumps({**frame, "sampling": {"response_format": FORM, "top_p": 1}}))
        seen: dict[str, Any] = {}
        while "done" not in seen:
            event = json.loads(await socket.receive())
            seen[event["type"]] = event
        assert json.loads(seen["message"]["content"])["a"]
        assert [each.split()[0] for each in seen["done"]["warnings"]] == ["top_p"]

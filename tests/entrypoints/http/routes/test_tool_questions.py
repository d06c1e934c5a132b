"""A tool asks its user, seen over HTTP and WebSocket."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from entrypoints.http.openapi.events import ConsentRequest, RunEvents
from entrypoints.http.routes.consents import ConsentView
from plugins.host.host import PluginHost, PluginState
from puerto import Registry, ToolContext, hookimpl, tool
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import ANSWER, EXECUTE, rest_of

EVENTS: TypeAdapter[Any] = TypeAdapter(RunEvents)
CHAT = {"message": "Order it."}
VALUES = {"size": "L", "pieces": 2}


class Choice(BaseModel):
    """What to order."""

    size: Literal["S", "L"]
    pieces: int = Field(1, ge=1, description="How many of them.")


@tool(effect="write")
async def order(item: str, context: ToolContext) -> str:
    """Order something.

    Args:
        item: what.

    """
    choice = await context.ask(Choice, f"Which {item}?")
    return f"{choice.pieces} {item} of size {choice.size}"


@tool(effect="read")
async def order_all(context: ToolContext) -> list[str]:
    """Order everything, one after the other, in the words of a model."""
    what = await context.ask_model("What is there to order?")
    return [await context.call_tool("pack", {"item": what})]


@tool(effect="write")
async def pack(item: str) -> str:
    """Pack something.

    Args:
        item: what.

    """
    return f"packed {item}"


class Shop:
    """A plugin with tools that ask, and that call each other."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        registry.add_tools(order, order_all, pack)


@pytest.fixture
async def installation(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    """An installation whose model orders shirts, and whose tools need no consent."""
    call = {"tool": "order", "arguments": {"item": "shirt"}}
    answers = [{"pieces": [call]}, {"pieces": [{"text": "Ordered."}]}]
    cassette = tmp_path / "orders.json"
    cassette.write_text(json.dumps(answers * 3))
    async with install(PUERTO_CASSETTE=str(cassette)) as started:
        host = started.services.toolbox
        assert isinstance(host, PluginHost)
        assert host.register(Shop(), "shop").state is PluginState.ACTIVE
        yield started


@pytest.fixture(autouse=True)
async def free(admin: Client) -> None:
    await admin.json("PUT", "/api/config", {"agent": {"autonomy_level": "full"}})


async def test_the_request_is_a_form(ada: Client) -> None:
    asked = await ada.json("POST", "/api/chat", CHAT)

    request = asked["requires_consent"]
    ConsentRequest.model_validate(request)
    assert (request["kind"], request["message"]) == ("input", "Which shirt?")
    assert (request["tool"], request["params"]) == ("order", {"item": "shirt"})
    assert request["schema"]["required"] == ["size"]
    assert request["schema"]["properties"]["pieces"] == {
        "type": "integer",
        "minimum": 1,
        "default": 1,
        "description": "How many of them.",
    }
    listed = (await ada.get("/api/consents?status=waiting"))["consents"]
    ConsentView.model_validate(listed[0])
    assert request.items() <= listed[0].items()
    assert listed[0]["values"] is None


@pytest.mark.parametrize("how", ["its own address", "the chat's"])
async def test_the_answer_lets_the_tool_go_on(ada: Client, how: str) -> None:
    asked = await ada.json("POST", "/api/chat", CHAT)
    request = asked["requires_consent"]
    said: dict[str, Any] = {"approved": True, "values": VALUES}

    if how == "the chat's":
        answer = await ada.json("POST", ANSWER, said | {"consent_request_id": request["id"]})
    else:
        answer = await ada.json("POST", f"/api/consents/{request['id']}", said)

    assert (answer["status"], answer["consent_request_id"]) == ("approved", request["id"])
    assert "the tool is given the answer" in answer["message"]
    events = await rest_of(ada, asked["run_id"])
    for event in events:
        EVENTS.validate_python(event)
    (result,) = [event for event in events if event["type"] == "tool_result"]
    assert result["result"] == "2 shirt of size L"
    assert events[-1]["status"] == "completed"
    stored = await ada.get(f"/api/consents/{request['id']}")
    assert stored["values"] == VALUES
    await ada.error("POST", f"/api/consents/{request['id']}", 409, "CONFLICT", said)


@pytest.mark.one_engine
async def test_what_does_not_fit_names_the_field(ada: Client) -> None:
    request = (await ada.json("POST", "/api/chat", CHAT))["requires_consent"]
    address = f"/api/consents/{request['id']}"

    for values, path in (
        ({}, "values.size"),
        ({"size": "XL"}, "values.size"),
        ({"size": "L", "pieces": 0}, "values.pieces"),
    ):
        said = {"approved": True, "values": values}
        error = await ada.error("POST", address, 400, "INVALID_REQUEST", said)
        assert [each["path"] for each in error["details"]["fields"]] == [path]
    await ada.error("POST", address, 400, "INVALID_REQUEST", {"values": VALUES})
    await ada.json("POST", address, {"approved": True, "values": VALUES})


async def test_a_no_is_told(ada: Client) -> None:
    asked = await ada.json("POST", "/api/chat", CHAT)
    said = {"approved": False, "reason": "Too dear."}
    answer = await ada.json("POST", f"/api/consents/{asked['requires_consent']['id']}", said)
    assert (answer["status"], answer["consent_token"]) == ("denied", None)
    (result,) = [e for e in await rest_of(ada, asked["run_id"]) if e["type"] == "tool_result"]
    assert result["error"]["code"] == "ASK_DECLINED"
    assert "Too dear." in result["error"]["message"]


async def test_another_users_question_is_unknown(ada: Client, bob: Client) -> None:
    request = (await ada.json("POST", "/api/chat", CHAT))["requires_consent"]
    said = {"approved": True, "values": VALUES}
    await bob.error("POST", f"/api/consents/{request['id']}", 404, "NOT_FOUND", said)


async def test_values_are_in_no_audit(ada: Client, admin: Client) -> None:
    asked = await ada.json("POST", "/api/chat", CHAT)
    said = {"approved": True, "values": VALUES, "reason": "Why not."}
    await ada.json("POST", f"/api/consents/{asked['requires_consent']['id']}", said)
    await rest_of(ada, asked["run_id"])
    decisions = (await admin.get("/api/audit"))["decisions"]
    assert {each["decision"] for each in decisions} == {"allow", "tool_ask", "approved"}
    assert "size" not in json.dumps(decisions)


async def test_a_tool_that_is_called_directly_asks_too(ada: Client) -> None:
    body = {"tool": "order", "parameters": {"item": "cup"}}
    response = await ada.send("POST", EXECUTE, body)
    assert response.status_code == 202
    asked = await response.get_json()
    assert asked["consent_request"]["message"] == "Which cup?"
    said = {"approved": True, "values": VALUES}
    await ada.json("POST", f"/api/consents/{asked['consent_request']['id']}", said)
    (result,) = [e for e in await rest_of(ada, asked["run_id"]) if e["type"] == "tool_result"]
    assert result["result"] == "2 cup of size L"


async def test_a_tool_calls_another_with_the_consent_of_its_user(
    ada: Client, admin: Client, installation: Installation
) -> None:
    await admin.json("PUT", "/api/config", {"agent": {"autonomy_level": "semi"}})
    response = await ada.send("POST", EXECUTE, {"tool": "order_all", "parameters": {}})
    assert response.status_code == 202
    asked = await response.get_json()
    request = asked["consent_request"]
    ConsentRequest.model_validate(request)
    assert request["kind"] == "call"
    assert request["message"].startswith("May order_all call pack(")
    assert request["call"]["tool"] == "pack"
    address = f"/api/consents/{request['id']}"
    await ada.error(
        "POST", address, 400, "INVALID_REQUEST", {"approved": True, "values": {"answer": 1}}
    )
    await ada.json("POST", address, {"approved": True})

    events = await rest_of(ada, asked["run_id"])
    for event in events:
        EVENTS.validate_python(event)
    outer, inner = [event for event in events if event["type"] == "tool_call"]
    assert inner["parent"] == outer["id"]
    assert "parent" not in outer
    packed, listed = [event for event in events if event["type"] == "tool_result"]
    assert (packed["id"], listed["id"]) == (inner["id"], outer["id"])
    assert listed["result"] == [packed["result"]]
    assert events[-1]["effects"] == [inner["id"]]

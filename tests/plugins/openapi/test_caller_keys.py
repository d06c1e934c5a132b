"""Keys of the caller in paths and bodies: told from what a call is about, and never a model's."""

import json
from typing import Any

import pytest

from domain.learning.api.credentials import Credentials
from domain.shared.errors import ToolFailed
from plugins.openapi.lowering import LoweredTool
from plugins.openapi.operation import SecurityScheme
from plugins.openapi.wire.calling import ApiCall
from tests.plugins.openapi.usable import made
from tests.plugins.openapi.wire.test_calling import calling
from tests.support.web_server import Reply, Seen, WebServer

KEY = "a key/that is secret"
TEXT = {"type": "string"}


def posting(properties: dict[str, Any], *required: str, described: bool = True) -> dict[str, Any]:
    """Return an operation with such a body, which a reference or the operation itself describes."""
    schema: Any = {"type": "object", "properties": properties, "required": list(required)}
    if not described:
        schema = {"$ref": "#/components/schemas/Sent"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def tools(paths: dict[str, Any], **more: Any) -> dict[str, LoweredTool]:
    info = {"title": "t", "version": "1"}
    found, skipped = made({"openapi": "3.1.0", "info": info, "paths": paths, **more})
    assert not skipped
    return found


def texts(*names: str, **described: str) -> dict[str, Any]:
    told = {name: {**TEXT, "description": words} for name, words in described.items()}
    return dict.fromkeys(names, TEXT) | told


def two_posts(properties: dict[str, Any], *required: str, **more: Any) -> LoweredTool:
    each = {"post": posting(properties, *required)}
    return tools({"/send": each, "/ask": each}, **more)["POST /send"]


SCHEME = SecurityScheme("apiKey", name="api_key", is_parameter=True, argument="body.api_key")


@pytest.mark.parametrize("described", ["", "Your API key"])
def test_a_key_in_bodies_is_the_operators(described: str) -> None:
    found = two_posts(texts("text", api_key=described), "api_key", "text")
    body = found.spec.parameters["properties"]["body"]
    assert (list(body["properties"]), body["required"]) == (["text"], ["text"])
    assert found.operation.schemes == {"body.api_key": SCHEME}
    assert found.operation.security == [{"body.api_key": []}]
    assert found.suspects == []


def test_a_key_that_is_described_elsewhere_is_found_too() -> None:
    schema = {"type": "object", "properties": texts("text", api_key="Your API key")}
    each = {"post": posting({}, described=False)}
    components = {"schemas": {"Sent": schema}}
    found = tools({"/send": each, "/ask": each}, components=components)["POST /send"]
    assert list(found.spec.parameters["properties"]["body"]["properties"]) == ["text"]
    assert found.operation.security == [{"body.api_key": []}, {}]  # the API may do without


def test_a_body_that_is_a_key_and_no_more_need_not_be_given() -> None:
    found = two_posts(texts("api_key"), "api_key")
    assert "required" not in found.spec.parameters


def test_a_key_in_paths_is_the_operators() -> None:
    parameter = {"name": "token", "in": "path", "required": True, "schema": TEXT}
    parameter["description"] = "The bot's token, which authenticates it"
    each = {"get": {"parameters": [parameter]}}
    found = tools({"/bot{token}/me": each, "/bot{token}/chats": each})["GET /bot{token}/me"]
    assert found.spec.parameters["properties"] == {}
    assert found.operation.security == [{"token": []}]


@pytest.mark.parametrize(
    "properties",
    [
        texts("password", "email"),
        texts(password="Your password"),
        texts(token_count="The tokens of your key"),
        texts(page_token="Your token of the next page"),
        texts(next_token=""),
        texts(token="The token of the device"),
        texts(secret="The secret to keep"),
        texts(client_secret="Your client secret"),
        {"api_key": {"type": "integer"}},
        {"api_key": {"type": "object", "properties": texts("value")}},
    ],
)
def test_what_may_be_something_else_stays_the_models(properties: dict[str, Any]) -> None:
    found = two_posts(properties)
    assert list(found.spec.parameters["properties"]["body"]["properties"]) == list(properties)
    assert not found.operation.schemes


@pytest.mark.parametrize(
    "path", ["/tokens", "/api-keys", "/sign_up", "/login", "/integrations/x", "/token/revoke"]
)
def test_where_a_call_is_about_keys_they_are_its_own(path: str) -> None:
    each = {"post": posting(texts(api_key="Your API key"))}
    found = tools({path: each, f"{path}/more": each})[f"POST {path}"]
    assert found.suspects == ["body.api_key"]  # an operator is told, and decides
    assert not found.operation.schemes


def test_a_name_alone_says_too_little_where_few_ask_or_there_is_a_scheme() -> None:
    (alone,) = tools({"/send": {"post": posting(texts("api_key"))}}).values()
    assert alone.suspects == ["body.api_key"]
    scheme = {"bearer": {"type": "http", "scheme": "bearer"}}
    more = {"components": {"securitySchemes": scheme}, "security": [{"bearer": []}]}
    beside = two_posts(texts("api_key"), **more)
    assert beside.suspects == ["body.api_key"]
    said = two_posts(texts(api_key="Your API key"), "api_key", **more)
    assert said.operation.security == [
        {"bearer": [], "body.api_key": []},
        {"bearer": []},
        {"body.api_key": []},
    ]


def echo(seen: Seen) -> Reply:
    return Reply(body=json.dumps([seen.target, seen.body.decode()]).encode())


async def test_a_key_is_sent_where_it_belongs_and_shown_nowhere() -> None:
    one = two_posts(texts("text", "api_key"), "api_key", "text").operation
    credentials = Credentials.of({"body.api_key": KEY})
    async with WebServer(echo) as server, calling() as caller:
        call = ApiCall(one, credentials=credentials, server=server.url)
        result = await caller.result(call, {"body": {"text": "hi"}})
        (seen,) = server.seen
    assert json.loads(seen.body) == {"text": "hi", "api_key": KEY}
    assert KEY not in str(result)


async def test_a_key_in_the_path_is_encoded_and_hidden() -> None:
    parameter = {"name": "api_key", "in": "path", "required": True, "schema": TEXT}
    each = {"get": {"parameters": [parameter]}}
    one = tools({"/{api_key}/me": each, "/{api_key}/it": each})["GET /{api_key}/me"].operation
    credentials = Credentials.of({"api_key": KEY})
    async with WebServer(echo) as server, calling() as caller:
        call = ApiCall(one, credentials=credentials, server=server.url)
        target, _ = await caller.result(call, {})
        (seen,) = server.seen
    assert seen.target == "/a%20key%2Fthat%20is%20secret/me"
    assert "secret" not in target


async def test_without_the_key_nothing_is_sent_and_the_text_says_what_to_set() -> None:
    one = two_posts(texts("text", "api_key"), "api_key", "text").operation
    async with WebServer(echo) as server, calling() as caller:
        with pytest.raises(ToolFailed) as caught:
            await caller.result(ApiCall(one, server=server.url), {"body": {"text": "hi"}})
        assert server.seen == []
    assert 'auth.credentials {"body.api_key": "..."}' in caught.value.message
    assert "`puerto api change NAME --auth FILE`" in caught.value.message

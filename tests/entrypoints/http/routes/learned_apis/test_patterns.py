"""What an operator says of many operations at once, over REST: effects, and fixed arguments."""

import copy
import json
import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation, read_error
from tests.entrypoints.http.ledger import ANSWER, EXECUTE, rest_of, yes
from tests.support.pets import DOCUMENT, KEY, PetShop
from tests.support.web_server import Reply, Seen, WebServer

APIS = "/api/learned-apis"
SECRET = "account-0123456789"


@pytest.fixture
async def shop() -> AsyncGenerator[WebServer]:
    async with WebServer(PetShop()) as server:
        yield server


@pytest.fixture
async def installation(install: Install) -> AsyncGenerator[Installation]:
    async with install(PUERTO_OPEN_HOSTS="127.0.0.1", PUERTO_AUTONOMY="semi") as started:
        yield started


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("olga", Role.OPERATOR)


def told(shop: WebServer, **more: Any) -> dict[str, Any]:
    auth = {"credentials": {"key": KEY}}
    return {"type": "openapi", "source": f"{shop.url}/openapi.json", "auth": auth, **more}


async def execute(client: Client, tool: str, **parameters: Any) -> Any:
    return await client.json("POST", EXECUTE, {"tool": tool, "parameters": parameters})


async def test_effects_are_given_by_pattern(operator: Client, ada: Client, shop: WebServer) -> None:
    rules = [{"pattern": "GET /pets*", "effect": "write"}, {"pattern": "add*", "effect": "read"}]
    overrides = {"getPet": {"effect": "destructive"}}
    api = await operator.json("POST", APIS, told(shop, effects=rules, overrides=overrides), 201)

    assert api["effects"] == rules
    effects = {each["operation"]: each["effect"] for each in api["operations"] if each["tool"]}
    assert effects == {
        "GET /pets": "write",
        "POST /pets": "read",
        "GET /pets/{id}": "destructive",
        "GET /hours": "read",
    }
    asked = await ada.send("POST", EXECUTE, {"tool": "listPets", "parameters": {}})
    assert asked.status_code == 202
    changed = await operator.json("PUT", f"{APIS}/{api['id']}", {"effects": []})
    assert changed["effects"] == []
    assert (await execute(ada, "listPets"))["result"]["target"] == "/pets"


async def test_a_fixed_argument_is_sent_and_nowhere_seen(
    operator: Client, ada: Client, shop: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fixed = {"GET /pets/*": {"id": SECRET}, "*": {"limit": 7}}
    api = await operator.json("POST", APIS, told(shop, fixed_arguments=fixed), 201)
    assert api["fixed_arguments"] == {"GET /pets/*": ["id"], "*": ["limit"]}

    tools = {each["name"]: each for each in (await ada.json("GET", "/api/tools"))["tools"]}
    assert list(tools["listPets"]["parameters"]["properties"]) == ["kind"]
    assert tools["getPet"]["parameters"]["properties"] == {}
    assert (await execute(ada, "listPets", kind="cat"))["result"]["target"].count("limit=7") == 1
    found = await execute(ada, "getPet")
    assert shop.seen[-1].target == f"/pets/{SECRET}"
    assert found["result"]["target"] == "/pets/***"
    refused = await ada.send("POST", EXECUTE, {"tool": "getPet", "parameters": {"id": "another"}})
    assert "id" in (await read_error(refused, 400, "INVALID_REQUEST"))["message"]

    shown = [
        await ada.json("GET", path)
        for path in ("/api/tools", "/api/runs", "/api/audit")
        if (await ada.send("GET", path)).status_code == 200
    ] + [await operator.json("GET", f"{APIS}/{api['id']}")]
    assert SECRET not in json.dumps(shown)
    assert SECRET not in caplog.text


async def test_fixed_arguments_are_replaced_and_removed(
    operator: Client, ada: Client, shop: WebServer
) -> None:
    fixed = {"listPets": {"limit": 7}}
    api = await operator.json("POST", APIS, told(shop, fixed_arguments=fixed), 201)
    address = f"{APIS}/{api['id']}"
    await operator.json("PUT", address, {"name": "Other"})
    assert (await execute(ada, "listPets"))["result"]["target"] == "/pets?limit=7"
    await operator.json("PUT", address, {"fixed_arguments": {"listPets": {"limit": 8}}})
    assert (await execute(ada, "listPets"))["result"]["target"] == "/pets?limit=8"
    changed = await operator.json("PUT", address, {"fixed_arguments": {}})
    assert changed["fixed_arguments"] == {}
    assert (await execute(ada, "listPets", limit=9))["result"]["target"] == "/pets?limit=9"


async def test_a_consent_shows_the_request_without_the_value(
    operator: Client, ada: Client, shop: WebServer
) -> None:
    fixed = {"*": {"body.name": SECRET}}
    await operator.json("POST", APIS, told(shop, fixed_arguments=fixed), 201)
    asked = await ada.json("POST", EXECUTE, {"tool": "addPet", "parameters": {"body": {}}}, 202)
    assert SECRET not in json.dumps(asked)
    assert "POST" in asked["consent_request"]["preview"]


def with_account(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the pets' document, in which a pet is added with such a body."""
    document = copy.deepcopy(DOCUMENT)
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}}
    document["paths"]["/pets"]["post"]["requestBody"] = {"required": True, "content": content}
    document["components"]["schemas"] = {"Sent": sent, "Account": ACCOUNT}
    return document


TEXT = {"type": "string"}
ACCOUNT = {"properties": {"api_key": TEXT, "name": TEXT}, "required": ["api_key"]}
SENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "account": {"anyOf": [{"$ref": "#/components/schemas/Account"}, {"type": "null"}]},
    },
    "required": ["account"],
}


def echo(seen: Seen) -> Reply:
    return Reply(body=seen.body or b"{}")


async def test_a_property_deep_in_a_body_is_fixed_like_any_argument(
    operator: Client, ada: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with WebServer(echo) as server:
        body: dict[str, Any] = {"source": with_account(SENT), "base_url": server.url}
        body["auth"] = {"credentials": {"key": KEY}}
        preview = await operator.json("POST", f"{APIS}/preview", body)
        (warning,) = [each for each in preview["warnings"] if "looks like" in each]
        assert 'fixed_arguments {"POST /pets": {"body.account.api_key": "..."}}' in warning
        body["fixed_arguments"] = {"POST /pets": {"body.account.api_key": SECRET}}
        api = await operator.json("POST", APIS, body, 201)
        assert not [each for each in api["warnings"] if "looks like" in each]

        tools = {each["name"]: each for each in (await ada.json("GET", "/api/tools"))["tools"]}
        assert "api_key" not in json.dumps(tools["addPet"]["parameters"])
        call = {"tool": "addPet", "parameters": {"body": {"account": {"name": "ACME"}}}}
        asked = await ada.json("POST", EXECUTE, call, 202)
        run, request = asked["run_id"], asked["consent_request"]
        assert request["params"] == call["parameters"]
        await ada.json("POST", ANSWER, yes(request))
        rest = await rest_of(ada, run)

        sent = json.loads(server.seen[-1].body)
        assert sent == {"account": {"name": "ACME", "api_key": SECRET}}
        assert '"api_key": "***"' in json.dumps(rest)
        paths = ("/api/tools", "/api/runs", f"/api/runs/{run}", "/api/consents")
        shown = [await ada.json("GET", path) for path in paths]
        shown += [rest, asked, api, await operator.json("GET", "/api/audit")]
        assert SECRET not in json.dumps(shown)
        assert SECRET not in caplog.text


@pytest.mark.one_engine
async def test_a_property_that_only_the_whole_schema_has_is_fixed_too(
    operator: Client, ada: Client
) -> None:
    long = {f"field{at}": {"type": "string", "description": "word " * 60} for at in range(400)}
    wide = {**SENT, "properties": {**SENT["properties"], "more": {"properties": long}}}
    async with WebServer(echo) as server:
        body: dict[str, Any] = {"source": with_account(wide), "base_url": server.url}
        body["auth"] = {"credentials": {"key": KEY}}
        body["effects"] = [{"pattern": "*", "effect": "read"}]
        names = {"body.account.api_key": SECRET, "body.more.field399": "of mine"}
        api = await operator.json("POST", APIS, {**body, "fixed_arguments": {"addPet": names}}, 201)
        assert api["fixed_arguments"] == {"addPet": sorted(names)}
        await execute(ada, "addPet", body={})
        assert json.loads(server.seen[-1].body) == {
            "account": {"api_key": SECRET},
            "more": {"field399": "of mine"},
        }
        whole = await execute(ada, "read_schema", tool_name="addPet", place="body.more")
        assert "field398" in json.dumps(whole)
        assert "field399" not in json.dumps(whole)


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"fixed_arguments": {"*": {"nothing": 1}}}, "'nothing'"),
        ({"fixed_arguments": {"*": {"body.name.nothing": 1}}}, "'body.name.nothing'"),
        ({"fixed_arguments": {"GET /no": {"limit": 1}}}, "'GET /no'"),
        ({"fixed_arguments": {"*": 1}}, "fixed_arguments"),
        ({"effects": [{"pattern": "*", "effect": "harmless"}]}, "effects"),
    ],
)
async def test_what_fixes_nothing_is_refused(
    operator: Client, more: dict[str, Any], named: str
) -> None:
    response = await operator.send("POST", APIS, {"source": DOCUMENT, **more})
    error = await read_error(response, 400, "INVALID_REQUEST")
    assert named in json.dumps(error)


KEYED = {
    "openapi": "3.0.3",
    "info": {"title": "Maps", "version": "1"},
    "paths": {
        "/places": {
            "get": {
                "operationId": "places",
                "parameters": [
                    {
                        "name": "api_key",
                        "in": "query",
                        "required": True,
                        "description": "Your API key",
                        "schema": {"type": "string"},
                    },
                    {"name": "near", "in": "query", "schema": {"type": "string"}},
                ],
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
}


@pytest.mark.parametrize("is_fixed", [True, False])
async def test_a_key_among_the_parameters_is_the_operators_to_give(
    operator: Client, ada: Client, shop: WebServer, *, is_fixed: bool
) -> None:
    body = {"source": KEYED, "base_url": shop.url}
    preview = await operator.json("POST", f"{APIS}/preview", body)
    (unset, advice) = preview["warnings"]
    assert unset == "Credentials are asked for and not set: api_key."
    assert "'api_key', a parameter of 1 operations, is a credential" in advice
    given: dict[str, Any] = {"auth": {"credentials": {"api_key": SECRET}}}
    if is_fixed:
        given = {"fixed_arguments": {"*": {"api_key": SECRET}}}
    api = await operator.json("POST", APIS, body | given, 201)

    assert api["warnings"] == []
    (tool,) = [
        each for each in (await ada.json("GET", "/api/tools"))["tools"] if each["name"] == "places"
    ]
    assert list(tool["parameters"]["properties"]) == ["near"]
    await ada.send("POST", EXECUTE, {"tool": "places", "parameters": {"near": "here"}})
    assert shop.seen[-1].target == f"/places?near=here&api_key={SECRET}"
    assert SECRET not in json.dumps([api, tool])


@pytest.mark.one_engine
async def test_a_fixed_credential_must_be_one(operator: Client) -> None:
    body = {"source": KEYED, "fixed_arguments": {"*": {"api_key": [SECRET]}}}
    error = await read_error(await operator.send("POST", APIS, body), 400, "INVALID_REQUEST")
    assert "credentials for 'api_key'" in error["message"]
    assert SECRET not in json.dumps(error)


async def test_a_document_that_is_known_is_no_second_api(operator: Client, shop: WebServer) -> None:
    api = await operator.json("POST", APIS, told(shop), 201)
    error = await read_error(await operator.send("POST", APIS, told(shop)), 409, "CONFLICT")
    assert f"/api/learned-apis/{api['id']}/refresh" in error["message"]
    assert error["details"] == {"api_id": api["id"], "name": "Pet Shop"}
    as_object = {"source": DOCUMENT, "base_url": shop.url}  # the same, in another way
    error = await read_error(await operator.send("POST", APIS, as_object), 409, "CONFLICT")
    assert error["details"]["api_id"] == api["id"]
    sent = {"source": {**DOCUMENT, "x-is": "another"}, "base_url": shop.url}
    first = await operator.json("POST", APIS, sent, 201)
    error = await read_error(await operator.send("POST", APIS, sent), 409, "CONFLICT")
    assert error["details"]["api_id"] == first["id"]
    assert (await operator.json("POST", f"{APIS}/preview", sent))["name"] == "Pet Shop 3"
    again = await operator.json("POST", APIS, {**sent, "name": "Mine"}, 201)
    assert again["name"] == "Mine"


async def test_a_closed_host_is_told_of_when_it_is_learned(
    operator: Client, shop: WebServer
) -> None:
    closed = {"source": DOCUMENT, "base_url": "http://10.20.30.40:81", "name": "Closed"}
    preview = await operator.json("POST", f"{APIS}/preview", closed)
    (warning,) = [each for each in preview["warnings"] if "Calls will fail" in each]
    assert "10.20.30.40 (port 81)" in warning
    assert "PUERTO_OPEN_HOSTS" in warning
    api = await operator.json("POST", APIS, {**closed, "base_url": shop.url}, 201)
    assert not [each for each in api["warnings"] if "Calls will fail" in each]
    changed = await operator.json("PUT", f"{APIS}/{api['id']}", {"base_url": closed["base_url"]})
    assert changed["base_url"] == closed["base_url"]

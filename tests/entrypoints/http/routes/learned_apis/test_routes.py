"""Learned APIs over REST: learned, looked at, changed, refreshed, called, forgotten."""

import json
import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.entrypoints.http.conftest import Client, Install, Installation, read_error
from tests.entrypoints.http.ledger import EXECUTE
from tests.support.pets import DOCUMENT, KEY, PetShop, without
from tests.support.web_server import WebServer

APIS = "/api/learned-apis"
LIST = "GET /pets"
REFUSED: list[tuple[Any, int, str, str]] = [
    ({}, 400, "INVALID_REQUEST", "source"),
    ({"source": 1}, 400, "INVALID_REQUEST", "source"),
    ({"source": "a", "base_url": "ftp://x"}, 400, "INVALID_REQUEST", "base_url"),
    ({"source": "a", "base_url": "http://u:p@x"}, 400, "INVALID_REQUEST", "base_url"),
    ({"source": "a", "name": "\0"}, 400, "INVALID_REQUEST", "NUL"),
    ({"source": "just words"}, 422, "UNPROCESSABLE", "document"),
    ({"source": {"openapi": "3.1.0", "paths": {}}}, 422, "UNPROCESSABLE", "no operations"),
    ({"source": "http://10.1.2.3/openapi.json"}, 422, "UNPROCESSABLE", "PUERTO_OPEN_HOSTS"),
    ({"source": "file:///etc/passwd"}, 422, "UNPROCESSABLE", "http"),
    (
        {"source": DOCUMENT, "auth": {"credentials": {"other": "a"}}},
        422,
        "UNPROCESSABLE",
        "It has key.",
    ),
    (
        {"source": DOCUMENT, "auth": {"credentials": {"key": ["secret-value"]}}},
        400,
        "INVALID_REQUEST",
        "credentials for 'key'",
    ),
    ({"source": DOCUMENT, "overrides": {"GET /no": {}}}, 400, "INVALID_REQUEST", "GET /no"),
    (
        {"source": DOCUMENT, "overrides": {"addPet": {"name": "listPets"}}},
        409,
        "CONFLICT",
        "'listPets'",
    ),
    (
        {"source": DOCUMENT, "overrides": {"addPet": {"name": "calculator"}}},
        409,
        "CONFLICT",
        "'calculator'",
    ),
]


@pytest.fixture
async def shop() -> AsyncGenerator[WebServer]:
    async with WebServer(PetShop()) as server:
        yield server


@pytest.fixture
async def installation(install: Install) -> AsyncGenerator[Installation]:
    async with install(PUERTO_OPEN_HOSTS="127.0.0.1", PUERTO_AUTONOMY="full") as started:
        yield started


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("olga", Role.OPERATOR)


async def learned(operator: Client, shop: WebServer, **more: Any) -> dict[str, Any]:
    body = {"type": "openapi", "source": f"{shop.url}/openapi.json"} | more
    answer: dict[str, Any] = await operator.json("POST", APIS, body, 201)
    return answer


async def executed(client: Client, tool: str, **parameters: Any) -> Any:
    return (await client.json("POST", EXECUTE, {"tool": tool, "parameters": parameters}))["result"]


async def test_an_api_is_learned_and_used(operator: Client, ada: Client, shop: WebServer) -> None:
    response = await operator.send(
        "POST",
        APIS,
        {
            "type": "openapi",
            "source": f"{shop.url}/openapi.json",
            "auth": {"credentials": {"key": KEY}},
        },
    )
    api = json.loads(await response.get_data())

    assert response.status_code == 201
    assert response.headers["Location"] == f"{APIS}/{api['id']}"
    assert (api["name"], api["endpoints"], api["tool_count"]) == ("Pet Shop", 5, 4)
    assert api["tools"] == ["listPets", "addPet", "getPet", "openingHours"]
    assert len(api["warnings"]) == 1
    assert "PUT /hours" in api["warnings"][0]
    assert api["auth"] == {
        "per_user": False,
        "schemes": [{"name": "key", "kind": "apiKey", "detail": "header X-Pet-Key"}],
        "set": ["key"],
    }
    found = await executed(ada, "listPets", limit=2)
    assert found == {"target": "/pets?limit=2", "key": "***"}
    assert shop.seen[-1].header("x-pet-key") == KEY
    tools = {tool["name"]: tool for tool in (await ada.get("/api/tools"))["tools"]}
    assert tools["addPet"]["effect"] == "write"
    assert tools["addPet"]["plugin"] == "learned"
    assert tools["addPet"]["category"] == "pet_shop"
    assert KEY not in json.dumps(await operator.get(f"{APIS}/{api['id']}"))


async def test_what_is_sent_may_be_the_document_itself(operator: Client, shop: WebServer) -> None:
    text = json.dumps({**DOCUMENT, "x-sent": "as text"})
    yaml = f"openapi: 3.0.0\ninfo: {{title: Yaml, version: 1}}\nservers: [{{url: {shop.url}}}]\n"
    yaml += "paths:\n  /hours:\n    get: {operationId: yamlHours, responses: {200: {}}}\n"

    for number, (body, kind) in enumerate(
        [
            ({"source": DOCUMENT, "base_url": shop.url}, "application/json"),
            ({"source": text, "base_url": shop.url}, "application/json"),
            (text.encode(), "application/json"),
            (yaml.encode(), "application/yaml"),
        ]
    ):
        headers = {"Content-Type": kind}
        path = f"{APIS}?name=Shop%20{number}" if isinstance(body, bytes) else APIS
        response = await operator.send("POST", path, body, headers)
        api = json.loads(await response.get_data())
        assert response.status_code == 201, api
        assert api["source"] is None
        assert bool(api["base_url"]) == isinstance(body, dict)
    assert await executed(operator, "yamlHours") == {"hours": "9 to 5"}
    assert await executed(operator, "openingHours") == {"hours": "9 to 5"}
    names = [api["name"] for api in (await operator.get(APIS))["apis"]]
    assert names == ["Pet Shop", "Pet Shop 2", "Shop 2", "Shop 3"]
    tools = {tool["name"] for tool in (await operator.get("/api/tools"))["tools"]}
    assert {"listPets", "pet_shop_2_listPets", "shop_2_listPets"} <= tools


async def test_a_document_in_an_object_is_read_as_it_was_sent(operator: Client) -> None:
    paths = '"/a": {"get": {"responses": {}}}, "/a": {"post": {"responses": {}}}'
    document = f'{{"openapi": "3.1.0", "info": {{"title": "Twice"}}, "paths": {{{paths}}}}}'
    body = f'{{"name": "\\"source\\": {{", "source" : {document}, "exclude": {{"paths": ["/z"]}}}}'

    headers = {"Content-Type": "application/json"}
    response = await operator.send("POST", f"{APIS}/preview", body.encode(), headers)
    api = json.loads(await response.get_data())

    assert response.status_code == 200, api
    assert api["name"] == '"source": {'
    assert {each["operation"] for each in api["operations"]} == {"GET /a", "POST /a"}


async def test_a_preview_keeps_nothing(operator: Client, shop: WebServer) -> None:
    body = {"source": f"{shop.url}/openapi.json", "exclude": {"tags": ["shop"]}}
    first = await operator.json("POST", f"{APIS}/preview?limit=3", body)
    rest = await operator.json("POST", f"{APIS}/preview?cursor={first['next_cursor']}", body)

    assert first["id"] is None
    assert rest["next_cursor"] is None
    operations = {each["operation"]: each for each in first["operations"] + rest["operations"]}
    assert [each["state"] for each in operations.values()] == [
        "offered",
        "offered",
        "offered",
        "excluded",
        "skipped",
    ]
    one = operations[LIST]
    assert (one["tool"], one["effect"], one["operation_id"]) == ("listPets", "read", "listPets")
    assert one["tokens"] > 20
    assert one["providers"].keys() == {"openai", "openai-strict", "anthropic", "google"}
    assert one["providers"]["openai"] == {"taken": True, "losses": 0, "refusal": None}
    skipped = operations["PUT /hours"]
    assert (skipped["tool"], skipped["reason"]) == (None, "invalid")
    assert skipped["pointer"] == "/paths/~1hours/put"
    assert skipped["message"]
    assert (await operator.get(APIS)) == {"apis": [], "next_cursor": None}
    assert "listPets" not in str(await operator.get("/api/tools"))
    await operator.error("POST", f"{APIS}/preview?cursor=x", 400, "INVALID_REQUEST", body)


@pytest.mark.one_engine
async def test_what_cannot_be_learned_says_why(operator: Client) -> None:
    for body, status, code, words in REFUSED:
        error = await operator.error("POST", APIS, status, code, body)
        assert words in error["message"], body
        assert "secret-value" not in json.dumps(error)

    assert (await operator.get(APIS))["apis"] == []


@pytest.mark.one_engine
async def test_documents_that_are_none_say_where(operator: Client, shop: WebServer) -> None:
    broken = {"openapi": "3.1.0", "paths": {"/a": {"get": "nothing"}}}
    error = await operator.error("POST", APIS, 422, "UNPROCESSABLE", {"source": broken})
    assert error["details"]["skipped"][0]["pointer"] == "/paths/~1a/get"

    error = await operator.error("POST", APIS, 422, "UNPROCESSABLE", {"source": f"{shop.url}/x"})
    assert error["message"] == "127.0.0.1 answered 401, and no document."
    response = await operator.send("POST", APIS, b"<a/>", {"Content-Type": "text/xml"})
    await read_error(response, 415, "UNSUPPORTED_MEDIA_TYPE")
    response = await operator.send("POST", APIS, b"{", {"Content-Type": "application/json"})
    await read_error(response, 400, "INVALID_REQUEST")


@pytest.mark.one_engine
async def test_a_document_may_be_larger_than_other_bodies(
    install: Install, operator: Client
) -> None:
    large = json.dumps({**DOCUMENT, "x-more": "a" * 2_000_000}).encode()
    assert (await operator.send("POST", APIS, large)).status_code == 201
    response = await operator.send("POST", "/api/chat", large)
    await read_error(response, 413, "PAYLOAD_TOO_LARGE")

    async with install(PUERTO_MAX_DOCUMENT_BYTES="100000") as second:
        again = await second.log_in("olga")
        response = await again.send("POST", APIS, large)
        await read_error(response, 413, "PAYLOAD_TOO_LARGE")


async def test_the_same_request_is_learned_once(operator: Client, shop: WebServer) -> None:
    body = {"source": f"{shop.url}/openapi.json"}
    headers = {"Idempotency-Key": "once"}
    first, second = [await operator.send("POST", APIS, body, headers) for _ in range(2)]

    assert await first.get_data() == await second.get_data()
    assert first.headers["Location"] == second.headers["Location"]
    assert len((await operator.get(APIS))["apis"]) == 1
    assert len(shop.seen) == 1
    other = await operator.send("POST", APIS, {"source": "x"}, headers)
    await read_error(other, 409, "IDEMPOTENCY_CONFLICT")


async def test_an_operator_changes_what_is_offered(operator: Client, shop: WebServer) -> None:
    api = await learned(operator, shop)
    path = f"{APIS}/{api['id']}"
    changed = await operator.json(
        "PUT",
        path,
        {
            "name": "Shop",
            "exclude": {"tags": ["shop"]},
            "overrides": {
                "listPets": {"name": "all_pets", "description": "Every pet.", "effect": "write"},
                "POST /pets": {"enabled": False},
            },
            "auth": {"credentials": {"key": KEY}},
        },
    )

    assert changed["tools"] == ["all_pets", "getPet"]
    assert changed["overrides"].keys() == {LIST, "POST /pets"}
    assert [each["state"] for each in changed["operations"]] == [
        "offered",
        "disabled",
        "offered",
        "excluded",
        "skipped",
    ]
    tools = {tool["name"]: tool for tool in (await operator.get("/api/tools"))["tools"]}
    assert tools["all_pets"]["description"] == "Every pet."
    assert tools["all_pets"]["effect"] == "write"
    assert "listPets" not in tools
    assert (await executed(operator, "all_pets"))["target"] == "/pets"

    kept = (await operator.json("POST", f"{path}/refresh"))["overrides"]
    assert kept == changed["overrides"]
    again = await operator.json("PUT", path, {"overrides": {}, "exclude": {}})
    assert again["tools"] == api["tools"]
    assert (again["name"], again["auth"]["set"]) == ("Shop", ["key"])
    again = await operator.json("PUT", path, {"auth": {"credentials": {}}})
    assert again["auth"]["set"] == []


async def test_forgotten_it_is_gone(operator: Client, ada: Client, shop: WebServer) -> None:
    api = await learned(operator, shop)
    response = await operator.send("DELETE", f"{APIS}/{api['id']}")

    assert response.status_code == 204
    await operator.error("GET", f"{APIS}/{api['id']}", 404, "NOT_FOUND")
    await operator.error("DELETE", f"{APIS}/{api['id']}", 404, "NOT_FOUND")
    await ada.error("POST", EXECUTE, 404, "NOT_FOUND", {"tool": "openingHours"})


async def test_what_breaks_waits_to_be_accepted(operator: Client, shop: WebServer) -> None:
    assert isinstance(shop.reply, PetShop)
    api = await learned(operator, shop, auth={"credentials": {"key": KEY}})
    path = f"{APIS}/{api['id']}"
    document = without("GET /hours")
    document["paths"]["/pets"]["get"]["parameters"] = []
    document["paths"]["/pets"]["post"]["summary"] = "Add one."
    document["paths"]["/birds"] = {"get": {"operationId": "listBirds"}}
    shop.reply.document = json.dumps(document).encode()

    told = await operator.json("POST", f"{path}/refresh")
    diff = told["diff"]
    assert [each["operation"] for each in diff["added"]] == ["GET /birds"]
    assert diff["changed"] == [
        {
            "operation": "POST /pets",
            "tool": "addPet",
            "what": ["its description"],
        }
    ]
    assert diff["breaking"] == [
        {"operation": LIST, "tool": "listPets", "what": ["limit is gone", "kind is gone"]}
    ]
    assert [each["tool"] for each in diff["gone"]] == ["openingHours"]
    assert told["status"] == "waiting"
    assert (await executed(operator, "listBirds"))["target"] == "/birds"
    assert (await executed(operator, "listPets", limit=1))["target"] == "/pets?limit=1"
    assert await executed(operator, "openingHours") == {"hours": "9 to 5"}
    waiting = (await operator.get(path))["waiting"]
    assert waiting == told["waiting"]

    await operator.error("POST", f"{path}/accept", 409, "CONFLICT", {"waiting": "another"})
    accepted = await operator.json("POST", f"{path}/accept", {"waiting": waiting})
    assert (accepted["status"], accepted["waiting"]) == ("active", None)
    assert accepted["tools"] == ["listPets", "addPet", "getPet", "listBirds"]
    call = {"tool": "listPets", "parameters": {"limit": 1}}
    await operator.error("POST", EXECUTE, 400, "INVALID_REQUEST", call)
    await operator.error("POST", f"{path}/accept", 409, "CONFLICT")


async def test_a_broken_new_version_leaves_the_old_one_working(
    operator: Client, shop: WebServer
) -> None:
    assert isinstance(shop.reply, PetShop)
    api = await learned(operator, shop)
    shop.reply.document = b"<html>gone</html>"

    error = await operator.error("POST", f"{APIS}/{api['id']}/refresh", 422, "UNPROCESSABLE")
    kept = await operator.get(f"{APIS}/{api['id']}")
    assert kept["problem"] == error["message"]
    assert kept["tools"] == api["tools"]
    assert await executed(operator, "openingHours") == {"hours": "9 to 5"}
    again = await operator.json("POST", f"{APIS}/{api['id']}/refresh", {"source": DOCUMENT})
    assert (again["problem"], again["source"]) == ("", f"{shop.url}/openapi.json")


async def test_a_user_calls_with_credentials_of_her_own(
    installation: Installation, operator: Client, ada: Client, bob: Client, shop: WebServer
) -> None:
    auth = {"per_user": True, "credentials": {"key": "the operator's own key"}}
    api = await learned(operator, shop, auth=auth)
    path = f"{APIS}/{api['id']}/credentials"

    error = await ada.error("POST", EXECUTE, 502, "UPSTREAM_ERROR", {"tool": "listPets"})
    assert f"PUT {path}" in error["message"]
    assert await executed(ada, "openingHours") == {"hours": "9 to 5"}  # asks for none
    told = await ada.json("PUT", path, {"credentials": {"key": KEY}})
    assert told == {
        "set": True,
        "schemes": ["key"],
        "per_user": True,
        "asked": [{"name": "key", "kind": "apiKey", "detail": "header X-Pet-Key"}],
    }
    assert await executed(ada, "listPets") == {"target": "/pets", "key": "***"}
    assert shop.seen[-1].header("x-pet-key") == KEY
    assert (await bob.get(path))["set"] is False
    await bob.error("POST", EXECUTE, 502, "UPSTREAM_ERROR", {"tool": "listPets"})
    await ada.error("PUT", path, 422, "UNPROCESSABLE", {"credentials": {"other": KEY}})

    assert (await ada.send("DELETE", path)).status_code == 204
    assert (await ada.get(path))["set"] is False
    await operator.json("PUT", f"{APIS}/{api['id']}", {"auth": {"per_user": False}})
    await ada.error("PUT", path, 409, "CONFLICT", {"credentials": {"key": KEY}})
    await executed(ada, "listPets")
    assert shop.seen[-1].header("x-pet-key") == "the operator's own key"


async def test_who_is_asked_sees_the_request(install: Install, shop: WebServer) -> None:
    async with install(PUERTO_OPEN_HOSTS="127.0.0.1") as asking:
        operator = await asking.user("olga", Role.OPERATOR)
        await learned(operator, shop, auth={"credentials": {"key": KEY}})
        call = {"tool": "addPet", "parameters": {"body": {"name": "Rex"}}}
        waiting = await operator.json("POST", EXECUTE, call, 202)

    preview = waiting["consent_request"]["preview"]
    assert preview == f'POST {shop.url}/pets: addPet(body={{"name": "Rex"}})'


def files_in(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_a_key_is_nowhere(
    install: Install, shop: WebServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in answers, events, logs, prompts or the database."""
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    with OpenAIWireServer() as model:
        settings = {
            "PUERTO_OPEN_HOSTS": "127.0.0.1",
            "PUERTO_CASSETTE": "",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": "sk-wire",
            "OPENAI_MODEL": "echo",
        }
        async with install(**settings) as started:
            said += await all_answers(started, shop)
        assert len(model.requests) == 2
        said += [json.dumps(request.body) for request in model.requests]
    said += [record.getMessage() for record in caplog.records]
    said += [file.read_bytes().decode("latin1") for file in files_in(tmp_path)]

    assert sum("***" in text for text in said) > 3
    for text in said:
        assert KEY not in text


async def all_answers(started: Installation, shop: WebServer) -> list[str]:
    """Return what there is to be seen of an API and of calls of it, by everybody."""
    operator, ada = await started.user("olga", Role.OPERATOR), await started.user("ada")
    path = f"{APIS}/{(await learned(operator, shop, auth={'per_user': True}))['id']}"
    message = 'call listPets {} call getPet {"id": "a"}'
    said = []
    for client, method, place, body in (
        (ada, "PUT", f"{path}/credentials", {"credentials": {"key": KEY}}),
        (ada, "PUT", f"{path}/credentials", {"credentials": {"key": {"no": KEY}}}),
        (ada, "GET", f"{path}/credentials", None),
        (operator, "GET", path, None),
        (ada, "POST", "/api/chat", {"message": message}),
        (ada, "POST", EXECUTE, {"tool": "getPet", "parameters": {"id": "a"}}),
        (ada, "GET", "/api/conversations", None),
        (operator, "GET", "/api/audit", None),
    ):
        response = await client.send(method, place, body)
        said.append(await response.get_data(as_text=True))
    run_id = json.loads(said[4])["run_id"]
    events = await ada.send("GET", f"/api/runs/{run_id}/events")
    assert sum(seen.header("x-pet-key") == KEY for seen in shop.seen) == 3
    return [*said, await events.get_data(as_text=True)]


@pytest.mark.one_engine
async def test_a_strict_order_is_told_what_is_wrong_line_by_line(operator: Client) -> None:
    get = {"operationId": "getPet", "responses": {"200": {"description": "A pet"}}}
    info = {"title": "Valid", "version": "1"}
    valid = {"openapi": "3.1.0", "info": info, "paths": {"/pet": {"get": get}}}
    source = json.dumps(valid | {"colour": "red"}, indent=1)
    for address in (APIS, f"{APIS}/preview"):
        body = {"source": source, "strict": True}
        error = await operator.error("POST", address, 422, "UNPROCESSABLE", body)
        (finding,) = error["details"]["findings"]
        assert (finding["pointer"], finding["rule"]) == ("/colour", "unknown-key")
        assert source.splitlines()[finding["line"] - 1] == ' "colour": "red"'
    headers = {"Content-Type": "application/yaml"}
    raw = await operator.send("POST", f"{APIS}?strict=true", source.encode(), headers)
    assert "colour" in (await read_error(raw, 422, "UNPROCESSABLE"))["message"]
    assert (await operator.json("GET", APIS))["apis"] == []
    assert await operator.json("POST", f"{APIS}/preview", {"source": source})
    assert await operator.json("POST", APIS, {"source": valid, "strict": True}, 201)

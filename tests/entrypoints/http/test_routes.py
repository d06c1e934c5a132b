"""What holds for every route there is: found by walking the table, so that a new one is too."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.routing import Rule

from domain.accounts.users import Role
from domain.shared.ids import new_id
from domain.tools.artifacts import Artifact, KeptArtifact
from entrypoints.http.security.guard import is_open, role_of
from tests.entrypoints.http.conftest import Client, Installation, read_error

OPEN = {
    "/",
    "/api/auth/login",
    "/api/auth/oidc/callback",
    "/api/auth/oidc/login",
    "/api/auth/refresh",
    "/api/auth/register",
    "/api/auth/reset",
    "/api/connected-accounts/callback",
    "/api/docs",
    "/api/docs/assets/<digest>/<name>",
    "/api/health",
    "/api/live",
    "/api/ready",
    "/api/redoc",
    "/docs",
    "/favicon.ico",
    "/health",
    "/openapi.json",
    "/redoc",
    "/status",
}
UNDOCUMENTED = {  # pages for browsers; those of the documentation do not document themselves
    "/",
    "/api/auth/oidc/callback",
    "/api/auth/oidc/login",
    "/api/connected-accounts/callback",
    "/api/docs",
    "/api/docs/assets/<digest>/<name>",
    "/api/redoc",
    "/docs",
    "/favicon.ico",
    "/openapi.json",
    "/redoc",
}
ABOVE_USER = {
    ("GET", "/metrics"): Role.OPERATOR,
    ("GET", "/logs"): Role.OPERATOR,
    ("GET", "/api/audit"): Role.OPERATOR,
    ("GET", "/api/budgets"): Role.OPERATOR,
    ("PUT", "/api/budgets"): Role.OPERATOR,
    ("GET", "/api/budgets/<budget_id>"): Role.OPERATOR,
    ("DELETE", "/api/budgets/<budget_id>"): Role.OPERATOR,
    ("GET", "/api/metrics"): Role.OPERATOR,
    ("GET", "/api/policy"): Role.OPERATOR,
    ("GET", "/api/plugins"): Role.OPERATOR,
    ("GET", "/api/plugins/<plugin_name>"): Role.OPERATOR,
    ("GET", "/api/learned-apis"): Role.OPERATOR,
    ("POST", "/api/learned-apis"): Role.OPERATOR,
    ("POST", "/api/learned-apis/preview"): Role.OPERATOR,
    ("GET", "/api/learned-apis/<api_id>"): Role.OPERATOR,
    ("PUT", "/api/learned-apis/<api_id>"): Role.OPERATOR,
    ("DELETE", "/api/learned-apis/<api_id>"): Role.OPERATOR,
    ("POST", "/api/learned-apis/<api_id>/refresh"): Role.OPERATOR,
    ("POST", "/api/learned-apis/<api_id>/accept"): Role.OPERATOR,
    ("PATCH", "/api/plugins/<plugin_name>"): Role.OPERATOR,
    ("GET", "/api/plugins/<plugin_name>/settings"): Role.OPERATOR,
    ("PUT", "/api/plugins/<plugin_name>/settings"): Role.OPERATOR,
    ("PATCH", "/api/tools/<tool_name>"): Role.OPERATOR,
    ("POST", "/api/plugins/<plugin_name>/reload"): Role.OPERATOR,
    ("POST", "/api/plugins/reload"): Role.OPERATOR,
    ("POST", "/api/policy/simulate"): Role.OPERATOR,
    ("GET", "/api/users"): Role.ADMIN,
    ("GET", "/api/users/<user_id>"): Role.ADMIN,
    ("GET", "/api/users/<user_id>/export"): Role.ADMIN,
    ("PATCH", "/api/users/<user_id>"): Role.ADMIN,
    ("DELETE", "/api/users/<user_id>"): Role.ADMIN,
    ("POST", "/api/users/<user_id>/logout"): Role.ADMIN,
    ("POST", "/api/users/<user_id>/reset"): Role.ADMIN,
    ("GET", "/api/webhooks"): Role.OPERATOR,
    ("POST", "/api/webhooks"): Role.OPERATOR,
    ("GET", "/api/webhooks/<webhook_id>"): Role.OPERATOR,
    ("PATCH", "/api/webhooks/<webhook_id>"): Role.OPERATOR,
    ("DELETE", "/api/webhooks/<webhook_id>"): Role.OPERATOR,
    ("POST", "/api/webhooks/<webhook_id>/secret"): Role.OPERATOR,
    ("GET", "/api/webhooks/<webhook_id>/deliveries"): Role.OPERATOR,
    ("POST", "/api/webhooks/<webhook_id>/test"): Role.OPERATOR,
    ("POST", "/api/webhooks/<webhook_id>/redeliver"): Role.OPERATOR,
    ("POST", "/api/webhooks/deliveries/<delivery_id>/redeliver"): Role.OPERATOR,
    ("PUT", "/api/config"): Role.ADMIN,
    ("PUT", "/api/policy"): Role.ADMIN,
}
BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/conversations/<conversation_id>"): {"title": "Mine now"},
    ("POST", "/api/consents/<consent_id>"): {"approved": True},
}
# Path parameters that name what is nobody's own.
SHARED = {
    "account_name",
    "api_id",
    "budget_id",
    "delivery_id",
    "plugin_name",
    "schema_provider",
    "tool_name",
    "user_id",
    "webhook_id",
}
UNKNOWN = "01993e2b-7c1d-7e52-9a57-2b1f4c1d8e90"


def operations(installation: Installation) -> Iterator[tuple[str, Rule, Any]]:
    """Yield the method, the rule and the view of everything that HTTP clients can ask for."""
    for rule in installation.app.url_map.iter_rules():
        if not rule.websocket:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule, installation.app.view_functions[rule.endpoint]


@pytest.mark.one_engine
async def test_a_route_is_closed_unless_it_is_listed(installation: Installation) -> None:
    opened = set()
    for method, rule, view in operations(installation):
        path = re.sub(r"<\w+_id>", UNKNOWN, rule.rule)
        if is_open(view):
            opened.add(rule.rule)
            continue
        for headers in ({}, {"Authorization": "Bearer forged"}):
            response = await installation.anyone.send(method, path, b"{}", headers)
            await read_error(response, 401, "UNAUTHORIZED", path)

    assert opened == OPEN


@pytest.mark.one_engine
async def test_roles_above_user_are_listed(installation: Installation) -> None:
    found = {
        (method, rule.rule): role_of(view)
        for method, rule, view in operations(installation)
        if role_of(view) is not Role.USER
    }

    assert found == ABOVE_USER


@pytest.mark.one_engine
async def test_every_route_is_described(installation: Installation) -> None:
    document = await installation.anyone.get("/openapi.json")
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    served = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for method, rule, _ in operations(installation)
        if rule.rule not in UNDOCUMENTED
    }

    assert described == served


@pytest.mark.one_engine
async def test_every_websocket_is_described(installation: Installation) -> None:
    document = await installation.anyone.get("/openapi.json")
    sockets = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in installation.app.url_map.iter_rules()
        if rule.websocket
    }

    assert document["x-websockets"].keys() == sockets


async def belongings(installation: Installation, client: Client, admin: Client) -> dict[str, str]:
    """Return the ids of what a user has, by the name of the path parameter that takes them."""
    answer = await client.json("POST", "/api/chat", {"message": "What is 17 * 23?"})
    await admin.json("PUT", "/api/config", {"autonomy_level": "manual"})
    call = {"tool": "calculator", "parameters": {"expression": "1"}}
    waiting = await client.json("POST", "/api/tools/execute", call, 202)
    await admin.json("PUT", "/api/config", {"autonomy_level": "semi"})
    made = {"name": "report", "scopes": ["chat"]}
    key = await client.json("POST", "/api/auth/keys", made, 201)
    run_id, artifact = answer["run_id"], Artifact(b"1", "text/plain", "one.txt")
    kept = KeptArtifact(new_id(), client.user["id"], run_id, "c", datetime.now(UTC), artifact)
    await installation.services.artifacts.add([kept])
    return {
        "artifact_id": kept.id,
        "conversation_id": answer["conversation_id"],
        "run_id": answer["run_id"],
        "consent_id": waiting["consent_request"]["id"],
        "key_id": key["id"],
        "session_id": (await client.get("/api/auth/sessions"))["sessions"][0]["id"],
    }


async def test_nobody_sees_what_is_another_users(
    installation: Installation, ada: Client, bob: Client, admin: Client
) -> None:
    owned = await belongings(installation, ada, admin)
    tried = 0

    for method, rule, view in operations(installation):
        if not rule.arguments or is_open(view) or rule.arguments <= SHARED:
            continue
        assert rule.arguments <= owned.keys(), f"make one of Ada's for {rule.rule}"
        body = BODIES.get((method, rule.rule))
        for other in (bob, admin):
            theirs = await asked(other, method, rule, owned, body)
            unknown = await asked(other, method, rule, dict.fromkeys(owned, UNKNOWN), body)
            assert theirs == unknown, rule.rule  # not even that it exists
            tried += 1

    assert tried >= 16
    conversation = await ada.get(f"/api/conversations/{owned['conversation_id']}")
    assert conversation["title"] == "What is 17 * 23?"
    assert (await bob.get("/api/conversations"))["conversations"] == []
    assert (await bob.get("/api/conversations?q=17"))["conversations"] == []
    body = {"message": "And now?", "conversation_id": owned["conversation_id"]}
    await bob.error("POST", "/api/chat", 404, "NOT_FOUND", body)
    search = {"tool": "search_conversations", "parameters": {"query": "17"}}
    assert (await bob.json("POST", "/api/tools/execute", search))["result"] == []
    assert (await ada.json("POST", "/api/tools/execute", search))["result"] != []


async def asked(client: Client, method: str, rule: Rule, ids: dict[str, str], body: Any) -> Any:
    """Return the 404 that a request for these ids gives, without what is the request's own."""
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<{name}>", ids[name])
    error = await client.error(method, path, 404, "NOT_FOUND", body)
    return json.dumps(error | {"request_id": ""})


@pytest.mark.one_engine
@pytest.mark.parametrize("path", ["/health", "/api/auth/me", "/api/conversations"])
async def test_options_need_no_credentials(installation: Installation, path: str) -> None:
    response = await installation.anyone.send("OPTIONS", path)

    assert response.status_code == 200
    assert "GET" in response.headers["Allow"]

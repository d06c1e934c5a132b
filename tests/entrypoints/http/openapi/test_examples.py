"""Each body's example, as the documentation sends it, succeeds on a new service."""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from domain.accounts.users import Role
from plugins.host.host import PluginHost
from puerto import KeyAccount, Registry, hookimpl
from tests.entrypoints.http.conftest import Client, Installation

Json = dict[str, Any]
Attempt = Callable[..., Awaitable[Any]]
# Where the example stands for something that only this installation has, it is put in its place.
TOOL, PLUGIN = "calculator", "basics"


class CrmUrl(BaseModel):
    """The one setting of the plugin."""

    url: str = "https://crm.example.com"


class Keyed:
    """A plugin with a setting, whose users have keys of their own."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        registry.use_settings(CrmUrl)
        registry.add_account(KeyAccount(name="crm", title="CRM"))


def bodies(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield method, path and example of every operation that takes a body."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if "requestBody" in operation:
                (content,) = operation["requestBody"]["content"].values()
                yield method.upper(), path, content["example"]


@pytest.fixture
async def document(installation: Installation) -> Json:
    found: Json = await installation.anyone.get("/openapi.json")
    return found


async def succeed(client: Client, method: str, path: str, body: Json) -> Any:
    response = await client.send(method, path, body)
    text = await response.get_data(as_text=True)
    assert response.status_code < 300, f"{method} {path}: {text}"
    return json.loads(text) if text else None


async def try_accounts(attempt: Attempt, admin: Client, anyone: Client) -> None:
    """Try the examples of registration, login, and what follows on it."""
    registered = await attempt("POST", "/api/auth/register", anyone)
    await attempt("POST", "/api/auth/login", anyone)
    refresh_token = registered["refresh_token"]
    await attempt("POST", "/api/auth/refresh", anyone, refresh_token=refresh_token)
    ada = Client(anyone.app, registered["access_token"], registered["user"])
    await attempt("POST", "/api/auth/password", ada)
    await attempt("PATCH", "/api/users/{user_id}", user_id=ada.user["id"])
    reset = await admin.json("POST", f"/api/users/{ada.user['id']}/reset")
    await attempt("POST", "/api/auth/reset", anyone, token=reset["token"])
    await attempt("POST", "/api/auth/ticket")
    await attempt("POST", "/api/auth/keys")


async def try_webhooks(attempt: Attempt) -> None:
    """Try the examples of webhooks."""
    hook = (await attempt("POST", "/api/webhooks"))["id"]
    for method, path in (("PATCH", ""), ("POST", "/secret"), ("POST", "/redeliver")):
        await attempt(method, f"/api/webhooks/{{webhook_id}}{path}", webhook_id=hook)


@pytest.mark.one_engine
async def test_every_body_has_an_example_that_succeeds(
    installation: Installation, document: Json
) -> None:
    admin = await installation.user("root", Role.ADMIN)
    examples = {(method, path): example for method, path, example in bodies(document)}
    tried = set()

    async def attempt(method: str, path: str, client: Client = admin, **given: Any) -> Any:
        tried.add((method, path))
        ids = {name: given.pop(name) for name in list(given) if f"{{{name}}}" in path}
        body = examples[method, path] | given
        return await succeed(client, method, path.format(**ids), body)

    await try_accounts(attempt, admin, installation.anyone)
    await attempt("POST", "/api/chat")
    await attempt("POST", "/ask")
    await attempt("POST", "/api/chat/message")
    conversation_id = (await attempt("POST", "/api/conversations"))["id"]
    path = "/api/conversations/{conversation_id}"
    await attempt("PATCH", path, conversation_id=conversation_id)
    await attempt("POST", "/api/tools/execute")
    await attempt("PATCH", "/api/tools/{tool_name}", tool_name=TOOL)
    await attempt("PATCH", "/api/plugins/{plugin_name}", plugin_name=PLUGIN)
    await attempt("PUT", "/api/config")
    host = installation.services.toolbox
    assert isinstance(host, PluginHost)
    host.register(Keyed(), "keyed")
    path = "/api/connected-accounts/{plugin_name}/{account_name}"
    await attempt("PUT", path, plugin_name="keyed", account_name="crm")
    path = "/api/plugins/{plugin_name}/settings"
    await attempt("PUT", path, plugin_name="keyed")
    await attempt("POST", "/api/policy/explain")
    await attempt("POST", "/api/policy/simulate")

    rule = {"decision": "ask", "tool": TOOL}
    await succeed(admin, "PUT", "/api/policy", {"rules": [rule]})
    execute = examples["POST", "/api/tools/execute"]
    waiting = await succeed(admin, "POST", "/api/tools/execute", execute)
    consent_request_id = waiting["consent_request"]["id"]
    await attempt("POST", "/api/chat/consent", consent_request_id=consent_request_id)
    waiting = await succeed(admin, "POST", "/api/tools/execute", execute)
    consent_id = waiting["consent_request"]["id"]
    await attempt("POST", "/api/consents/{consent_id}", consent_id=consent_id)
    await attempt("PUT", "/api/policy")
    await attempt("PUT", "/api/budgets")

    await attempt("POST", "/api/learned-apis/preview")
    api_id = (await attempt("POST", "/api/learned-apis"))["id"]
    await attempt("PUT", "/api/learned-apis/{api_id}", api_id=api_id)
    await attempt("PUT", "/api/learned-apis/{api_id}/credentials", api_id=api_id)
    await attempt("POST", "/api/learned-apis/{api_id}/refresh", api_id=api_id)
    shrunk = examples["POST", "/api/learned-apis"]["source"] | {"paths": {"/cats": {"get": {}}}}
    await succeed(admin, "POST", f"/api/learned-apis/{api_id}/refresh", {"source": shrunk})
    await attempt("POST", "/api/learned-apis/{api_id}/accept", api_id=api_id)

    await try_webhooks(attempt)

    assert tried == examples.keys()

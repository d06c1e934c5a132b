"""Webhooks over HTTP: who may, what is shown, secrets, and sending again."""

from base64 import b64encode
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from domain.accounts.users import Role
from domain.webhooks.endpoint import MOST_WEBHOOKS
from domain.webhooks.keys import OVERLAP
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.routes.webhooks.receiver import (
    OPEN,
    Receiver,
    added,
    clock_before,
    execute,
    listed,
    still,
)
from tests.support.web_server import WebServer

PUBLIC = {"url": "https://1.1.1.1/hook", "events": ["run.*"]}


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("olga", Role.OPERATOR)


async def test_a_webhook_is_added_looked_at_changed_and_removed(operator: Client) -> None:
    response = await operator.send("POST", "/api/webhooks", PUBLIC | {"description": "Naïve"})
    made: dict[str, Any] = await response.get_json()
    assert (response.status_code, response.headers["Location"]) == (
        201,
        f"/api/webhooks/{made['id']}",
    )
    assert made.pop("secret").startswith("whsec_")
    assert made["events"] == ["run.*"]
    path = f"/api/webhooks/{made['id']}"
    assert await operator.get(path) == made
    assert await operator.get("/api/webhooks") == {"webhooks": [made]}
    edit = {"events": ["*"], "description": "", "enabled": False}
    changed = await operator.json("PATCH", path, edit)
    assert changed == made | {
        "events": ["*"],
        "description": "",
        "enabled": False,
        "disabled_reason": "operator",
    }
    enabled = await operator.json("PATCH", path, {"enabled": True, "url": "https://8.8.8.8/"})
    assert (enabled["enabled"], enabled["url"]) == (True, "https://8.8.8.8/")
    assert (await operator.send("DELETE", path)).status_code == 204
    await operator.error("GET", path, 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://1.1.1.1/"}, "url"),
        ({"url": "https://user@1.1.1.1/"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"events": ["run.exploded"]}, "events.0"),
        ({"events": []}, "events"),
        ({"secret": ""}, "secret"),
    ],
)
@pytest.mark.one_engine
async def test_a_bad_field_is_named(operator: Client, body: dict[str, Any], field: str) -> None:
    error = await operator.error("POST", "/api/webhooks", 400, "INVALID_REQUEST", PUBLIC | body)
    assert error["details"]["fields"][0]["path"] == field


@pytest.mark.one_engine
async def test_there_are_only_so_many(operator: Client) -> None:
    for _ in range(MOST_WEBHOOKS):
        await operator.json("POST", "/api/webhooks", PUBLIC, 201)
    await operator.error("POST", "/api/webhooks", 409, "CONFLICT", PUBLIC)


async def test_a_key_needs_the_scope(installation: Installation, operator: Client) -> None:
    for scope, status in (("webhooks", 200), ("chat", 403), ("admin", 200)):
        body = {"name": scope, "scopes": [scope]}
        key = (await operator.json("POST", "/api/auth/keys", body, 201))["key"]
        response = await Client(installation.app, key).send("GET", "/api/webhooks")
        assert response.status_code == status
    ada = await installation.user("ada")
    await ada.error("GET", "/api/webhooks", 403, "FORBIDDEN")


async def test_while_a_secret_is_replaced_the_old_one_verifies(install: Install) -> None:
    receiver, clock = Receiver(), clock_before(OVERLAP)
    async with WebServer(receiver) as server, install(clock, **OPEN) as installation:
        dispatcher = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        hook = await added(operator, server)
        path = f"/api/webhooks/{hook['id']}"
        clock.advance(OVERLAP)
        operator = await installation.log_in("olga")
        next_one = await operator.json("POST", f"{path}/secret", {"secret": "another"})
        await operator.json("POST", f"{path}/test", None, 202)
        await dispatcher.settle()
        for secret in (hook["secret"], next_one["secret"]):
            assert len(receiver.verified(secret)) == 1
        clock.advance(OVERLAP)
        operator = await installation.log_in("olga")
        await operator.json("POST", f"{path}/test", None, 202)
        await dispatcher.settle()
        signature = receiver.accepted[-1].header("webhook-signature")
        assert signature is not None
        assert " " not in signature
        with pytest.raises(WebhookVerificationError):
            Webhook(hook["secret"]).verify(
                receiver.accepted[0].body, dict(receiver.accepted[-1].headers)
            )


async def test_parked_deliveries_are_sent_again_singly_or_since_a_moment(install: Install) -> None:
    receiver = Receiver()
    async with WebServer(receiver) as server, install(**OPEN) as installation:
        dispatcher = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        hook = await added(operator, server)
        path = f"/api/webhooks/{hook['id']}"
        await execute(operator)
        await execute(operator)
        await operator.json("PATCH", path, {"enabled": False})
        parked = await listed(operator, hook, "?status=parked")
        assert len(parked) == 4
        single = f"/api/webhooks/deliveries/{parked[-1]['id']}/redeliver"
        since = {"since": parked[-1]["created_at"]}
        await operator.error("POST", single, 409, "CONFLICT")
        await operator.error("POST", f"{path}/redeliver", 409, "CONFLICT", since)
        await operator.error("POST", f"{path}/test", 409, "CONFLICT")
        await operator.json("PATCH", path, {"enabled": True})

        again = await operator.json("POST", single, None, 202)
        assert (again["status"], again["tries"]) == ("pending", 0)
        await dispatcher.settle()
        assert receiver.ids() == [parked[-1]["id"]]
        answer = await operator.json("POST", f"{path}/redeliver", since)
        assert answer == {"redelivered": 3}
        await dispatcher.settle()
        assert sorted(receiver.ids()) == sorted(each["id"] for each in parked)
        await operator.json("POST", single, None, 202)  # one that has arrived, too
        await dispatcher.settle()
        assert receiver.ids()[-1] == parked[-1]["id"]
        page = await operator.get(f"{path}/deliveries?limit=3")
        rest = await operator.get(f"{path}/deliveries?limit=3&cursor={page['next_cursor']}")
        assert (len(rest["deliveries"]), rest["next_cursor"]) == (1, None)


@pytest.mark.one_engine
@pytest.mark.parametrize("since", ["yesterday", "2026-11-20T10:15:30", 5, "0001-01-01T00:00+14:00"])
async def test_a_moment_is_a_time_with_its_zone(operator: Client, since: Any) -> None:
    made = await operator.json("POST", "/api/webhooks", PUBLIC, 201)
    path = f"/api/webhooks/{made['id']}/redeliver"
    await operator.error("POST", path, 400, "INVALID_REQUEST", {"since": since})


async def test_another_master_key_takes_over_the_secrets(install: Install) -> None:
    receiver = Receiver()
    first, second = (b64encode(bytes(range(n, n + 40))).decode() for n in (0, 50))
    async with WebServer(receiver) as server:
        async with install(ENCRYPTION_KEY=first, **OPEN) as installation:
            operator = await installation.user("olga", Role.OPERATOR)
            hook = await added(operator, server)
        both = {"ENCRYPTION_KEY": second, "PUERTO_OLD_ENCRYPTION_KEYS": first}
        for keys in (both, {"ENCRYPTION_KEY": second}):
            async with install(**keys, **OPEN) as installation:
                dispatcher = await still(installation)
                operator = await installation.log_in("olga")
                await operator.json("POST", f"/api/webhooks/{hook['id']}/test", None, 202)
                await dispatcher.settle()
        async with install(ENCRYPTION_KEY=first, **OPEN) as installation:
            dispatcher = await still(installation)
            operator = await installation.log_in("olga")
            await operator.json("POST", f"/api/webhooks/{hook['id']}/test", None, 202)
            await dispatcher.settle()
            failed = (await listed(operator, hook, "?status=pending"))[0]
            assert "ENCRYPTION_KEY" in failed["error"]
    assert len(receiver.verified(hook["secret"])) == 2

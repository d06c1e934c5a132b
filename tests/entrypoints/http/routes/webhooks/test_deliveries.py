"""Deliveries over HTTP: signed, in order, again and again until they arrive."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from domain.accounts.users import Role
from domain.notifications.notices import NoticeType
from domain.shared.ids import new_id
from domain.webhooks.dispatcher import Dispatcher
from domain.webhooks.endpoint import Webhook
from domain.webhooks.keys import Keys, WebhookKeys
from entrypoints.settings.version import VERSION
from entrypoints.wiring.services import Services
from tests.entrypoints.http.conftest import Install
from tests.entrypoints.http.routes.webhooks.receiver import (
    OPEN,
    Receiver,
    added,
    by_run,
    clock_before,
    execute,
    listed,
    still,
)
from tests.support.web_server import Reply, WebServer

HOUR = timedelta(hours=1)


async def test_a_receiver_that_was_down_for_two_days_gets_everything_in_order(
    install: Install,
) -> None:
    receiver, clock = Receiver(), clock_before(78 * HOUR)
    receiver.reply = Reply(503)
    async with WebServer(receiver) as server, install(clock, **OPEN) as installation:
        dispatcher = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        hook = await added(operator, server, secret="tu-secreto")
        ada = await installation.user("ada")
        answer = await ada.json("POST", "/api/chat", {"message": "What is 17 * 23?"})
        direct = await execute(ada)
        while clock.now() < clock_before(30 * HOUR).now():  # two days
            await dispatcher.settle()
            clock.advance(6 * HOUR)
        assert (receiver.accepted, len(server.seen) > 10) == ([], True)
        operator = await installation.log_in("olga")
        waiting = await listed(operator, hook, "?status=pending")
        assert {each["answer"] for each in waiting} == {503, None}

        receiver.reply = Reply(204, body=b"")
        clock.advance(clock_before(timedelta()).now() - clock.now())
        await dispatcher.settle()

        assert {each["status"] for each in await listed(operator, hook)} == {"delivered"}
        assert by_run(receiver.verified(hook["secret"])) == {
            answer["run_id"]: ["conversation.created", "tool.executed", "run.completed"],
            direct: ["tool.executed", "run.completed"],
        }
        looked_at = await operator.get(f"/api/webhooks/{hook['id']}")
        assert (looked_at["enabled"], looked_at["failing_since"]) == (True, None)
        seen = receiver.accepted[0]
        assert (seen.method, seen.target) == ("POST", "/hook")
        assert seen.header("user-agent") == f"puerto/{VERSION}"


async def test_a_payload_names_the_run_and_where_its_stream_goes_on(install: Install) -> None:
    receiver = Receiver()
    async with WebServer(receiver) as server, install(**OPEN) as installation:
        dispatcher = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        hook = await added(operator, server, "tool.executed")
        ada = await installation.user("ada")
        answer = await ada.json("POST", "/api/chat", {"message": "What is 17 * 23?"})
        await dispatcher.settle()
        (payload,) = receiver.verified(hook["secret"])
        data = payload["data"]
        assert data | {"duration_ms": 0, "cursor": "", "call_id": ""} == {
            "run_id": answer["run_id"],
            "conversation_id": answer["conversation_id"],
            "user_id": ada.user["id"],
            "agent": None,
            "call_id": "",
            "tool": "calculator",
            "effect": "read",
            "outcome": "finished",
            "duration_ms": 0,
            "cursor": "",
        }
        events = f"/api/runs/{data['run_id']}/events?after={data['cursor']}"
        text = await (await ada.send("GET", events)).get_data(as_text=True)
        assert "That makes " in text
        assert "tool_result" not in text


async def test_what_is_no_success_is_tried_again_and_410_is_the_end(install: Install) -> None:
    receiver, clock = Receiver(), clock_before(5 * HOUR)
    async with WebServer(receiver) as server, install(clock, **OPEN) as installation:
        dispatcher = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        hook = await added(operator, server, "run.completed")
        other = await added(operator, server, "alert.*")
        await execute(operator)
        receiver.reply = Reply(302, {"Location": f"{server.url}/elsewhere"})
        await dispatcher.settle()
        (delivery,) = await listed(operator, hook)
        assert (delivery["status"], delivery["answer"], delivery["tries"]) == ("pending", 302, 1)
        assert [seen.target for seen in server.seen] == ["/hook"]  # no redirect is followed

        receiver.reply = Reply(410)
        clock.advance(HOUR)
        await dispatcher.settle()
        (delivery,) = await listed(operator, hook)
        assert (delivery["status"], delivery["answer"]) == ("parked", 410)
        gone = await operator.get(f"/api/webhooks/{hook['id']}")
        assert (gone["enabled"], gone["disabled_reason"]) == (False, "gone")
        (alert,) = await listed(operator, other)
        assert alert["type"] == NoticeType.ALERT_WEBHOOK_DISABLED
        assert alert["data"] == {"webhook_id": hook["id"], "host": "127.0.0.1", "reason": "gone"}
        await execute(operator)
        assert len(await listed(operator, hook)) == 1  # it is told nothing any more


async def test_ten_tries_then_parked_and_five_days_then_disabled(install: Install) -> None:
    receiver, clock = Receiver(), clock_before(130 * HOUR)
    receiver.reply = Reply(500)
    async with WebServer(receiver) as server, install(clock, **OPEN) as installation:
        dispatcher = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        hook = await added(operator, server, "tool.executed", "run.completed")
        await execute(operator)
        for _ in range(95):  # the pauses with their jitter, looked at once an hour
            await dispatcher.settle()
            clock.advance(HOUR)
        operator = await installation.log_in("olga")
        (parked,) = await listed(operator, hook, "?status=parked")
        assert (parked["type"], parked["tries"]) == ("tool.executed", 10)
        (behind,) = await listed(operator, hook, "?status=pending")
        assert behind["tries"] > 0  # what is parked lets the next one pass
        while (await operator.get(f"/api/webhooks/{hook['id']}"))["enabled"]:
            clock.advance(8 * HOUR)
            operator = await installation.log_in("olga")
            await dispatcher.settle()
        stopped = await operator.get(f"/api/webhooks/{hook['id']}")
        assert stopped["disabled_reason"] == "failing"
        counted = await (await operator.send("GET", "/metrics")).get_data(as_text=True)
        assert 'puerto_webhook_tries_total{outcome="parked"} ' in counted
        assert "puerto_webhook_deliveries_pending 0" in counted
        assert 'puerto_webhooks_disabled_total{reason="failing"} 1' in counted


async def test_a_slow_receiver_takes_no_more_than_its_share(install: Install) -> None:
    async with WebServer() as server, install(**OPEN) as installation:
        dispatcher = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        await added(operator, server, "run.completed")
        server.reply = lambda _: Reply(seconds=60)
        for _ in range(12):
            await execute(operator)
        assert await dispatcher.sweep() == 5
        await dispatcher.start()  # a stop gives up what is being sent
        await dispatcher.stop()
        server.reply = lambda _: Reply(200)
        assert await dispatcher.settle() == 12


async def test_two_workers_send_each_delivery_once(install: Install) -> None:
    receiver = Receiver()
    async with WebServer(receiver) as server, install(**OPEN) as installation:
        first = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        hook = await added(operator, server)
        async with install(**OPEN) as second:
            other = await still(second)
            runs = {await execute(operator) for _ in range(10)}
            for _ in range(4):
                await first.sweep()
                await other.sweep()
                await first.settle()
                await other.settle()
        assert len(set(receiver.ids())) == len(receiver.ids()) == 20
        order = ["tool.executed", "run.completed"]
        assert by_run(receiver.verified(hook["secret"])) == dict.fromkeys(runs, order)


@pytest.fixture
def keys_of() -> Any:
    """Return a function that gives the keys of an installation's webhooks."""
    return lambda services: WebhookKeys(services.webhooks.dispatcher._keys._cipher)


async def test_the_guard_looks_at_every_try(install: Install, keys_of: Any) -> None:
    async with WebServer() as server, install() as installation:
        dispatcher = await still(installation)
        operator = await installation.user("olga", Role.OPERATOR)
        inside = {"url": f"{server.url}/hook", "events": ["*"]}
        error = await operator.error("POST", "/api/webhooks", 400, "INVALID_REQUEST", inside)
        assert error["details"]["fields"][0]["path"] == "url"
        assert "PUERTO_OPEN_HOSTS" in error["message"]
        hook = await of_before(installation.services, dispatcher, server.url, keys_of)
        await execute(operator)
        await dispatcher.settle()
        pending = await listed(operator, {"id": hook}, "?status=pending")
        assert "not on the public internet" in pending[-1]["error"]
        assert server.seen == []


async def of_before(services: Services, dispatcher: Dispatcher, url: str, keys_of: Any) -> str:
    """Add an endpoint that was open once; return its id."""
    hook = new_id()
    sealed = keys_of(services).seal(hook, Keys(b"k" * 32))
    webhook = Webhook(hook, url, ("run.completed",), "", sealed, services.clock.now())
    assert await dispatcher._webhooks.add(webhook, most=9)
    return hook


async def test_what_the_service_sends_needs_nobody_to_ask_for_it(install: Install) -> None:
    receiver = Receiver()
    async with WebServer(receiver) as server, install(**OPEN) as installation:
        operator = await installation.user("olga", Role.OPERATOR)
        hook = await added(operator, server)
        sent = await operator.json("POST", f"/api/webhooks/{hook['id']}/test", None, 202)
        while not receiver.accepted:
            await asyncio.sleep(0.01)
        assert receiver.ids() == [sent["id"]]
        (payload,) = receiver.verified(hook["secret"])
        assert (payload["type"], payload["data"]) == ("webhook.test", {"webhook_id": hook["id"]})

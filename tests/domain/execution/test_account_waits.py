"""A tool needs its user's account: the run waits until it is connected, and goes on by itself."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from domain.connected_accounts.account import KeyAccount
from domain.connected_accounts.connected_account import AccountGrant
from domain.consents.consent import ConsentKind, ConsentStatus
from domain.consents.replies import ConsentReply
from domain.models.messages import Text, ToolRequest
from domain.policy.policy import Autonomy
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished
from domain.runs.events import Ended, Event
from domain.shared.errors import ToolFailed
from domain.tools.tool import Effect
from plugins.host.admission import admit
from tests.domain.builders import ANN
from tests.domain.house import BOB, CALLS, STOP, House, build, last
from tests.fakes.authorization_servers import an_oauth_account
from tests.fakes.memory import FREE
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool

CRM = KeyAccount(name="crm", title="The CRM", instructions="In your profile.")
JIRA = an_oauth_account()
KEY = AccountGrant("the-key-of-ann")


def using(*accounts: str) -> FakeTool:
    """Return a tool that gives away the credentials of these accounts, in this order."""

    async def run(_arguments: Mapping[str, Any]) -> Any:
        context = tool.contexts[-1]
        return [(await context.credentials(account)).token for account in accounts]

    tool = FakeTool("look", Effect.WRITE, run)
    return tool


async def running(tool: FakeTool, **options: Any) -> House:
    model = FakeModel([ToolRequest("look", '{"q": 1}'), CALLS], [Text("ok"), STOP])
    options = {"accounts": [CRM, JIRA], "autonomy": Autonomy.FULL, **options}
    house = build(model, admit(tool, "fake"), **options)
    await house.worker.start()
    return house


async def waiting(house: House, run_id: str) -> ConsentRequested:
    events = await house.events(run_id)
    assert events[-1].body.type == "paused"
    assert house.worker.driving == 0
    return [e.body for e in events if isinstance(e.body, ConsentRequested)][-1]


async def parked(tool: FakeTool, **options: Any) -> tuple[House, str, ConsentRequested]:
    """Let a model call the tool, up to where the run waits; return the request."""
    house = await running(tool, **options)
    started = await house.chat.send(ANN, "hi")
    return house, started.run_id, await waiting(house, started.run_id)


async def connect(house: House, grant: AccountGrant = KEY, account: Any = CRM) -> None:
    await house.connector.connect(ANN, "fake", account, grant)


async def outcome(house: House, run_id: str) -> ToolFinished | ToolErred:
    events: Sequence[Event] = await house.until(run_id, Ended)
    assert last(list(events)).status == "completed"
    (body,) = [e.body for e in events if isinstance(e.body, ToolFinished | ToolErred)]
    return body


async def test_a_run_waits_for_an_account_and_goes_on_when_it_is_connected() -> None:
    tool = using("crm")
    house, run_id, request = await parked(tool)
    assert request.kind is ConsentKind.CONNECT_ACCOUNT
    assert request.message == "Connect your account of The CRM."
    assert request.fields == {
        "plugin": "fake",
        "account": "crm",
        "title": "The CRM",
        "connect_by": "key",
        "instructions": "In your profile.",
    }
    await connect(house)
    body = await outcome(house, run_id)
    assert isinstance(body, ToolFinished)
    assert body.result == ["***"]  # it is the caller's own, and in no result
    assert len(tool.contexts) == 2
    (consent,) = house.store.memory.consents.values()
    assert consent.status is ConsentStatus.APPROVED
    assert [each.decision for each in house.store.memory.audit.values()].count("approved") == 1


async def test_who_has_connected_it_before_is_not_asked() -> None:
    house = await running(using("crm"))
    await connect(house)
    started = await house.chat.send(ANN, "hi")
    assert isinstance(await outcome(house, started.run_id), ToolFinished)
    assert house.store.memory.consents == {}


async def test_another_users_account_or_another_account_is_none() -> None:
    house, run_id, request = await parked(using("crm"))
    await house.connector.connect(BOB, "fake", CRM, KEY)
    await connect(house, AccountGrant("a token", "a refresh token"), JIRA)
    assert await waiting(house, run_id) == request
    assert house.store.memory.consents[request.request_id].status is ConsentStatus.WAITING


async def test_several_accounts_are_connected_one_after_the_other() -> None:
    house, run_id, request = await parked(using("crm", "jira"))
    await connect(house)
    async with asyncio.timeout(60):
        while (second := await waiting(house, run_id)) == request:
            await asyncio.sleep(0)
    assert second.fields["account"] == "jira"
    await connect(house, AccountGrant("a-token-of-jira", "a refresh token"), JIRA)
    assert isinstance(await outcome(house, run_id), ToolFinished)


async def test_who_does_not_want_to_is_told_to_the_model() -> None:
    house, run_id, request = await parked(using("crm"))
    reply = ConsentReply(reason="Not mine.")
    await house.consent_service.answer(ANN, request.request_id, reply)
    body = await outcome(house, run_id)
    assert isinstance(body, ToolErred)
    assert body.code == "ASK_DECLINED"
    assert body.message == (
        "No account of The CRM is connected. The user declined to answer. They said: Not mine."
    )


async def test_a_yes_without_an_account_asks_again() -> None:
    house, run_id, request = await parked(using("crm"))
    await house.consent_service.answer(ANN, request.request_id, ConsentReply(approved=True))
    async with asyncio.timeout(60):
        while (second := await waiting(house, run_id)) == request:
            await asyncio.sleep(0)
    await connect(house)
    assert isinstance(await outcome(house, run_id), ToolFinished)
    assert second.fields == request.fields


async def test_it_goes_on_after_a_restart_on_another_worker() -> None:
    tool = using("crm")
    house, run_id, _ = await parked(tool)
    await house.worker.stop(0)
    await connect(house)
    assert house.store.memory.runs[run_id].leased_until == FREE
    model = FakeModel([Text("ok"), STOP])
    other = build(model, admit(tool, "fake"), store=house.store, accounts=[CRM])
    await other.worker.start()
    assert isinstance(await outcome(other, run_id), ToolFinished)


async def test_an_account_that_is_connected_while_it_is_asked_for_is_seen() -> None:
    async def run(_arguments: Mapping[str, Any]) -> Any:
        try:
            return (await tool.contexts[-1].credentials("crm")).kind
        finally:
            if len(tool.contexts) == 1:
                await connect(house)  # after it has looked, and before the request is stored

    tool = FakeTool("look", Effect.WRITE, run)
    house = await running(tool)
    started = await house.chat.send(ANN, "hi")
    body = await outcome(house, started.run_id)
    assert isinstance(body, ToolFinished)
    assert body.result == "key"


async def test_refused_credentials_are_asked_for_again() -> None:
    seen: list[str] = []

    async def run(_arguments: Mapping[str, Any]) -> Any:
        context = tool.contexts[-1]
        credentials = await context.credentials("crm")
        if credentials.token == KEY.token:  # as the service says with a 401
            credentials = await context.credentials("crm", rejected=credentials)
        seen.append(credentials.token)

    tool = FakeTool("look", Effect.WRITE, run)
    house = await running(tool)
    await connect(house)
    started = await house.chat.send(ANN, "hi")
    await waiting(house, started.run_id)
    await connect(house, AccountGrant("another-key-of-ann"))
    assert isinstance(await outcome(house, started.run_id), ToolFinished)
    assert seen == ["another-key-of-ann"]


async def test_an_account_that_the_plugin_does_not_declare_is_an_error() -> None:
    house = await running(using("other"))
    started = await house.chat.send(ANN, "hi")
    body = await outcome(house, started.run_id)
    assert isinstance(body, ToolErred)
    assert body.message == "The plugin 'fake' has no account 'other'."


async def test_credentials_are_redacted_in_whatever_the_call_says() -> None:
    async def run(_arguments: Mapping[str, Any]) -> Any:
        context = tool.contexts[-1]
        credentials = await context.credentials("crm")
        await context.progress(f"with {credentials.token}")
        raise ToolFailed(f"The CRM refused {credentials.token}.", details={"t": credentials.token})

    tool = FakeTool("look", Effect.READ, run)
    house = await running(tool)
    await connect(house)
    started = await house.chat.send(ANN, "hi")
    events = await house.until(started.run_id, Ended)
    assert KEY.token not in repr(events)
    assert "The CRM refused ***." in repr(events)


async def test_a_tool_that_another_tool_calls_does_not_wait_for_an_account() -> None:
    async def run(_arguments: Mapping[str, Any]) -> Any:
        return await outer.contexts[-1].call_tool("inner", {})

    async def use(_arguments: Mapping[str, Any]) -> Any:
        return (await inner.contexts[-1].credentials("crm")).kind

    outer, inner = FakeTool("outer", Effect.READ, run), FakeTool("inner", Effect.READ, use)
    model = FakeModel([ToolRequest("outer", "{}"), CALLS], [Text("ok"), STOP])
    tools = [admit(each, "fake") for each in (outer, inner)]
    house = build(model, *tools, accounts=[CRM], autonomy=Autonomy.FULL)
    events = await house.say()
    said = [e.body.message for e in events if isinstance(e.body, ToolErred)]
    assert said[0].startswith("No account of The CRM is connected. inner was called by a tool")
    assert house.store.memory.consents == {}

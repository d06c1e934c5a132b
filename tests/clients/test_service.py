"""The client against the service: what its guide promises, on a real process."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from agent_client import (
    AgentClient,
    AsyncAgentClient,
    BadRequestError,
    Chunk,
    ConflictError,
    ConsentRequest,
    Done,
    NotFoundError,
    RunFailedError,
)
from tests.clients.conftest import LOGIN, Ledger
from tests.clients.cutting_proxy import CuttingProxy
from tests.support.service import RunningService


@pytest.fixture(scope="module")
def client(service: RunningService, key: str) -> Iterator[AgentClient]:
    with AgentClient(base_url=service.url, api_key=key) as made:
        yield made


def test_the_first_reference_is_met_as_it_stands(
    service: RunningService, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUERTO_URL", service.url)
    client = AgentClient(api_key=key)
    conversation = client.conversations.create("Gestión")
    response = client.chat.send(conversation_id=conversation.id, message="What is 17 * 23?")
    assert "391" in response.message
    result = client.tools.execute("calculator", expression="17 * 23")
    assert result.result["result"] == "391"
    assert result.duration_ms is not None
    client.close()


def test_a_conversation_is_held_read_renamed_and_forgotten(client: AgentClient) -> None:
    first = client.chat.send("What is 17 * 23?")
    assert first.conversation_id is not None
    with client.chat.stream("And multiply that by 2?", **of(first.conversation_id)) as run:
        events = list(run)
    text = "".join(each.content for each in events if isinstance(each, Chunk))
    assert text == run.answer().message
    assert "782" in text
    changed = client.conversations.update(first.conversation_id, title="Sums")
    assert (changed.title, changed.message_count) == ("Sums", 4)
    whole = client.conversations.get(first.conversation_id)
    newest = list(client.conversations.messages(first.conversation_id, limit=3))
    assert [each.id for each in reversed(newest)] == [each.id for each in whole.messages]
    runs = list(client.runs.list(conversation_id=first.conversation_id, limit=1))
    assert [each.id for each in runs] == [run.run_id, first.run_id]
    assert client.runs.get(first.run_id).status == "completed"
    client.conversations.delete(first.conversation_id)
    with pytest.raises(NotFoundError) as caught:
        client.conversations.get(first.conversation_id)
    assert caught.value.request_id


def of(conversation_id: str) -> Any:
    return {"conversation_id": conversation_id}


def test_sampling_reaches_the_model_which_says_what_it_does_not_take(client: AgentClient) -> None:
    held = client.conversations.create("Sums", sampling={"temperature": 0.5})
    assert held.sampling == {"temperature": 0.5}
    answer = client.chat.send("What is 17 * 23?", conversation_id=held.id, sampling={"seed": 7})
    assert any("temperature" in each for each in answer.warnings)
    assert client.runs.get(answer.run_id).warnings == answer.warnings
    assert client.conversations.update(held.id, sampling=None).sampling == {}


def test_a_run_is_followed_again_from_any_of_its_events(client: AgentClient) -> None:
    events = list(client.chat.stream("What is 17 * 23?"))
    run_id = events[0].run_id
    assert run_id is not None
    for number, event in enumerate(events[:-1]):
        assert list(client.runs.follow(run_id, event.cursor)) == events[number + 1 :]
    assert list(client.runs.follow(run_id, events[-1].cursor)) == []


def test_tools_are_listed_and_what_does_not_fit_is_named(client: AgentClient) -> None:
    names = [each.name for each in client.tools.list(limit=2)]
    assert {"calculator", "append_line"} <= set(names)
    assert client.tools.get("calculator").effect == "read"
    assert "calculator" in [each.name for each in client.tools.list(q="multiply numbers")]
    with pytest.raises(BadRequestError) as caught:
        client.tools.execute("calculator", formula="1")
    assert {each.path for each in caught.value.fields} == {"expression", "formula"}


def test_a_call_waits_for_consent_and_is_answered(client: AgentClient, ledger: Ledger) -> None:
    waiting = client.tools.execute("append_line", text="one")
    assert waiting.status == "waiting_consent"
    assert waiting.consent_request is not None
    asked = [each.id for each in client.consents.list(status="waiting")]
    assert asked == [waiting.consent_request.id]
    with client.runs.follow(waiting.run_id) as run:
        for event in run:
            if isinstance(event, Done):
                break
        assert ledger.taken() == []
        assert run.approve().consent_token == waiting.consent_request.digest
        assert [each.result for each in run.answer().results] == ["appended one"]
    assert ledger.taken() == ["one"]
    assert client.consents.get(waiting.consent_request.id).status == "approved"
    with pytest.raises(ConflictError):
        client.consents.reject(waiting.consent_request.id)


def test_what_is_approved_while_it_is_read_goes_on(client: AgentClient, ledger: Ledger) -> None:
    waiting = client.tools.execute("append_line", text="two")
    types: list[str] = []
    with client.runs.follow(waiting.run_id) as run:
        for event in run:
            types.append(event.type)
            if event.type == "consent_required":
                run.approve(arguments={"text": "edited"})
    assert types.count("done") == 1
    assert types[-1] == "done"
    assert ledger.taken() == ["edited"]


def test_a_callback_answers_for_every_kind_of_call(client: AgentClient, ledger: Ledger) -> None:
    asked: list[ConsentRequest] = []

    def ask(request: ConsentRequest) -> bool:
        asked.append(request)
        return bool(request.params["text"] != "no")

    asking = client.with_options(on_consent=ask)
    assert asking.tools.execute("append_line", text="yes").result == "appended yes"
    with pytest.raises(RunFailedError) as caught:
        asking.tools.execute("append_line", text="no")
    assert caught.value.code == "CONSENT_DENIED"
    assert ledger.taken() == ["yes"]
    assert [each.tool for each in asked] == ["append_line"] * 2


async def test_no_effect_happens_twice_where_answers_are_lost(
    service: RunningService, key: str, ledger: Ledger
) -> None:
    async with (
        CuttingProxy(service.url) as proxy,
        AsyncAgentClient(base_url=proxy.url, api_key=key) as made,
    ):
        client = made.with_options(on_consent=lambda _: True)
        for lost in range(3):
            proxy.lost, proxy.cuts = lost, 0
            done = await client.tools.execute("append_line", text=str(lost))
            assert done.result == f"appended {lost}"
            assert proxy.cuts == lost
        before = [each.id async for each in client.conversations.list()]
        proxy.lost = 2
        await client.conversations.create("once")
        after = [each.id async for each in client.conversations.list()]
        assert len(after) == len(before) + 1
        proxy.lost = 2
        answer = await client.chat.send("What is 17 * 23?", conversation_id=after[0])
        said = [each.content async for each in client.conversations.messages(after[0])]
        assert said == [answer.message, "What is 17 * 23?"]
        proxy.lost = 1
        await client.conversations.delete(after[0])
        assert [each.id async for each in client.conversations.list()] == before
    assert ledger.taken() == [str(lost) for lost in range(3)]


async def test_a_login_whose_token_or_session_ended_goes_on(service: RunningService) -> None:
    async with AsyncAgentClient(base_url=service.url, **in_words(LOGIN)) as client:
        await client.chat.send("What is 17 * 23?")
        credentials: Any = client._core._credentials
        credentials._access = "expired"
        await client.chat.send("What is 17 * 23?")
        renewed = credentials._access
        assert renewed != "expired"
        await asyncio.to_thread(service.call, "POST", "/api/auth/logout", None, renewed)
        async with client.chat.stream("What is 17 * 23?") as run:
            assert (await run.answer()).status == "completed"
        assert credentials._access not in {"expired", renewed}


def in_words(login: dict[str, str]) -> Any:
    return login


async def test_a_conversation_is_followed_while_it_is_held_elsewhere(
    service: RunningService, key: str
) -> None:
    async with AsyncAgentClient(base_url=service.url, api_key=key) as client:
        held = await client.conversations.create("Sums")
        seen: list[str] = []
        async with asyncio.timeout(60), client.conversations.follow(held.id) as events:
            answering = asyncio.create_task(
                client.chat.send("What is 17 * 23?", conversation_id=held.id)
            )
            async for event in events:
                seen.append(event.type)
                if event.type == "done":
                    break
        assert seen[0] == "run"
        assert event.run_id == (await answering).run_id


async def test_a_run_is_cancelled(service: RunningService, key: str, ledger: Ledger) -> None:
    async with AsyncAgentClient(base_url=service.url, api_key=key) as client:
        waiting = await client.tools.execute("append_line", text="never")
        assert (await client.runs.cancel(waiting.run_id)).id == waiting.run_id
        async with client.runs.follow(waiting.run_id) as run:
            while (await run.answer()).status == "waiting_consent":  # it is told in a moment
                await asyncio.sleep(0.05)
            assert (await run.cancel()).status == "cancelled"
    assert ledger.taken() == []


def test_the_log_has_no_secret(service: RunningService, key: str) -> None:
    assert key not in service.log
    assert LOGIN["password"] not in json.dumps(service.lines)

"""Single calls: tries, keys, errors, pages, options."""

import asyncio
import pickle
from typing import Any

import httpx2
import pytest

from agent_client import (
    AgentClient,
    AgentClientError,
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    GoneError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    UnexpectedAnswerError,
    UnprocessableError,
)
from tests.clients.wire import (
    MOMENT,
    Make,
    Wire,
    all_of,
    answer,
    blocking,
    event,
    refusal,
    settled,
    stream,
)

EXECUTED = {"tool": "t", "result": 4, "duration_ms": 1.5, "run_id": "run-1"}
CONVERSATION = {
    "id": "c1",
    "title": "Sums",
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "message_count": 0,
}


async def test_all_tries_of_a_call_have_one_key(make: Make) -> None:
    wire = Wire(
        refusal(503, "UNAVAILABLE", Retry_After="0"),
        httpx2.ReadError("cut"),
        answer(EXECUTED),
        answer(EXECUTED),
    )
    client = make(wire)
    assert (await settled(client.tools.execute("t", x=1))).result == 4
    await settled(client.tools.execute("t", x=1))
    *tries, other = wire.sent("Idempotency-Key")
    assert len(tries) == 3
    assert len(set(tries)) == 1
    assert tries[0]
    assert other not in tries


async def test_every_keyword_of_execute_is_an_argument_of_the_tool(make: Make) -> None:
    wire = Wire(answer(EXECUTED))
    arguments = {"tool": "a", "self": 1, "timeout": 2, "name": "b", "parameters": {}}
    await settled(make(wire).tools.execute("t", **arguments))
    assert wire.bodies() == [{"tool": "t", "parameters": arguments}]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, GoneError),
        (413, BadRequestError),
        (422, UnprocessableError),
        (502, ServerError),
    ],
)
async def test_a_refusal_that_another_try_would_not_mend_is_raised_at_once(
    make: Make, status: int, kind: type[APIError]
) -> None:
    fields = [{"path": "x", "message": "It is missing."}]
    wire = Wire(refusal(status, "CODE", {"fields": fields, "run_id": "run-1"}))
    with pytest.raises(kind) as caught:
        await settled(make(wire).tools.execute("t"))
    error = caught.value
    assert (error.status, error.code, error.message) == (status, "CODE", "It is CODE.")
    assert (error.request_id, error.run_id) == ("request-1", "run-1")
    assert [(each.path, each.message) for each in error.fields] == [("x", "It is missing.")]
    assert len(wire.requests) == 1
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


async def test_a_redirect_is_not_followed_and_no_success(make: Make) -> None:
    redirects = [answer(status=308, Location="https://puerto.test/") for _ in range(2)]
    client = make(Wire(*redirects))
    with pytest.raises(UnexpectedAnswerError, match=r"redirects to https://puerto\.test/"):
        await settled(client.conversations.delete("c"))
    with pytest.raises(UnexpectedAnswerError, match=r"redirects to https://puerto\.test/"):
        await settled(client.chat.send("Hello"))


async def test_a_gateways_error_is_tried_again_and_kept_as_it_is(make: Make) -> None:
    pages = [httpx2.Response(502, text="<h1>Bad Gateway</h1>") for _ in range(2)]
    with pytest.raises(ServerError) as caught:
        await settled(make(Wire(*pages), max_retries=1).runs.get("r"))
    assert (caught.value.code, caught.value.message) == ("HTTP_502", "<h1>Bad Gateway</h1>")


async def test_a_wait_of_more_than_a_minute_is_left_to_the_caller(make: Make) -> None:
    wire = Wire(refusal(429, "RATE_LIMITED", Retry_After="61"))
    with pytest.raises(RateLimitError) as caught:
        await settled(make(wire).runs.get("r"))
    assert caught.value.retry_after == 61


@pytest.mark.parametrize(
    ("raised", "kind"),
    [(httpx2.ConnectError, APIConnectionError), (httpx2.ReadTimeout, APITimeoutError)],
)
async def test_no_answer(
    make: Make, raised: type[httpx2.TransportError], kind: type[APIConnectionError]
) -> None:
    wire = Wire(raised("gone"), raised("gone"))
    with pytest.raises(kind, match="gone"):
        await settled(make(wire, max_retries=1).runs.get("r"))
    assert wire.left == 0


async def test_a_deletion_whose_answer_was_lost_has_happened(make: Make) -> None:
    wire = Wire(httpx2.ReadError("cut"), refusal(404, "NOT_FOUND"), refusal(404, "NOT_FOUND"))
    client = make(wire)
    await settled(client.conversations.delete("c"))
    with pytest.raises(NotFoundError):
        await settled(client.conversations.delete("c"))


async def test_an_answer_of_something_else(make: Make) -> None:
    page = httpx2.Response(200, text="<h1>Welcome</h1>")
    with pytest.raises(UnexpectedAnswerError, match="Run"):
        await settled(make(Wire(page)).runs.get("r"))
    wire = Wire(answer({"conversations": [{"id": 1}], "next_cursor": None}))
    with pytest.raises(UnexpectedAnswerError, match="Conversation"):
        await all_of(make(wire).conversations.list())


async def test_lists_ask_for_their_pages_as_they_are_needed(make: Make) -> None:
    pages = [
        {"conversations": [CONVERSATION, CONVERSATION], "next_cursor": "next"},
        {"conversations": [CONVERSATION], "next_cursor": None},
    ]
    wire = Wire(*map(answer, pages))
    found = make(wire).conversations.list(q="sums", limit=2)
    assert wire.requests == []
    assert [each.title for each in await all_of(found)] == ["Sums"] * 3
    path = "GET /api/conversations?q=sums&limit=2"
    assert wire.lines == [path, f"{path}&cursor=next"]


async def test_messages_come_the_newest_first_over_all_pages(make: Make) -> None:
    def page(*ids: str, cursor: str | None) -> Any:
        said = [{"id": i, "role": "user", "content": i, "timestamp": MOMENT} for i in ids]
        return answer({"conversation_id": "c", "messages": said, "next_cursor": cursor})

    wire = Wire(page("3", "4", cursor="before-3"), page("1", "2", cursor=None))
    found = await all_of(make(wire).conversations.messages("c", limit=2))
    assert [each.id for each in found] == ["4", "3", "2", "1"]


async def test_ids_are_parts_of_a_path_whatever_they_hold(make: Make) -> None:
    wire = Wire(refusal(404, "NOT_FOUND"))
    with pytest.raises(NotFoundError):
        await settled(make(wire).runs.get("../auth/me?x"))
    assert wire.lines == ["GET /api/runs/..%2Fauth%2Fme%3Fx"]


async def test_other_options_over_the_same_connections(make: Make) -> None:
    wire = Wire(answer(EXECUTED), answer(EXECUTED), answer(CONVERSATION, 201))
    client = make(wire, timeout=60)
    other = client.with_options(timeout=3, idempotency_key="order-7")
    await settled(other.tools.execute("t"))
    await settled(client.tools.execute("t"))
    await settled(client.conversations.create("Sums"))
    first, second, _ = wire.requests
    assert first.extensions["timeout"] == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    assert (second.extensions["timeout"]["connect"], second.extensions["timeout"]["read"]) == (
        5,
        60,
    )
    assert first.headers["Idempotency-Key"] == "order-7"
    assert second.headers["Idempotency-Key"] != "order-7"
    assert wire.bodies()[2] == {"title": "Sums"}


async def test_a_field_that_is_none_is_sent_where_it_means_something(make: Make) -> None:
    wire = Wire(answer(CONVERSATION))
    await settled(make(wire).conversations.update("c", provider=None))
    assert wire.bodies() == [{"provider": None}]


async def test_fields_that_a_newer_service_adds_are_kept(make: Make) -> None:
    wire = Wire(answer(CONVERSATION | {"pinned": True}))
    found = await settled(make(wire).conversations.update("c", title="Sums"))
    assert found.model_extra == {"pinned": True}


async def test_a_client_of_ones_own_stays_open(make: Make) -> None:
    client = make(Wire(answer(EXECUTED)))
    await settled(client.close())
    assert (await settled(client.tools.execute("t"))).result == 4


def test_what_a_client_is_told_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUERTO_API_KEY", raising=False)
    with pytest.raises(AgentClientError, match="PUERTO_API_KEY"):
        AgentClient()
    with pytest.raises(AgentClientError, match="https://"):
        AgentClient(api_key="k", base_url="puerto.test")
    monkeypatch.setenv("PUERTO_API_KEY", "key-2")
    monkeypatch.setenv("PUERTO_URL", "http://elsewhere.test/puerto/")
    wire = Wire(answer(EXECUTED))
    http = httpx2.Client(transport=httpx2.MockTransport(wire))
    with AgentClient(http_client=http) as client:
        client.tools.execute("t")
    assert str(wire.requests[0].url) == "http://elsewhere.test/puerto/api/tools/execute"
    assert wire.sent("Authorization") == ["Bearer key-2"]


async def test_a_callback_that_awaits_needs_the_other_client() -> None:
    waiting = {
        "status": "waiting",
        "run_id": "r",
        "created_at": MOMENT,
        "id": "q",
        "call_id": "c",
        "tool": "t",
    }
    wire = Wire(
        stream(event("1", "run", run_id="r"), event("2", "done", status="waiting_consent")),
        answer({"consents": [waiting]}),
    )

    async def ask(_request: object) -> bool:
        await asyncio.sleep(0)
        return True

    with pytest.raises(RuntimeError, match="AsyncAgentClient"):
        blocking(wire, on_consent=ask).chat.send("Do it.")

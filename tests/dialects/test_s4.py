"""The client of the job assistant's chat: messages, conversations, consent, `/ws/chat`, health."""

import asyncio
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.dialects.shapes import has_fields, is_id, is_time
from tests.dialects.site import PATIENCE, Site, running_site

QUESTION = "Find me Python jobs in San Francisco"
FOUND = "One job:\n\n- Python developer\n- in San Francisco"
JOBS = [{"title": "Python developer", "place": "San Francisco"}]
SEARCH = {"tool": "search_jobs", "params": {"text": "Python"}}
SUBMIT = {"tool": "submit_application", "params": {"document": "cv.pdf"}}
ASKED, SENT = "I send your CV.", "\n\nSent."  # a paragraph of its own
# The first message searches, the second asks for consent, the third one's provider fails.
ANSWERS = [
    {"pieces": [{"tool": "search_jobs", "arguments": {"text": "Python"}}]},
    {"pieces": [{"text": "One job:\n"}, {"text": "\n- Python developer\n- in San Francisco"}]},
    {
        "pieces": [
            {"text": ASKED},
            {"tool": "submit_application", "arguments": {"document": "cv.pdf"}},
        ]
    },
    {"pieces": [{"text": "Sent."}]},
    {"pieces": [{"error": {"reason": "rejected", "message": "No.", "status": 400}}]},
]
MESSAGE = (
    "conversation_id",
    "message_id",
    "content",
    "timestamp",
    "tool_calls",
    "results",
    "requires_consent",
)
JWT_SECRET = "q7XkW2vZs9LrT4bNc8JmPf3GhYd6RaEuQ1oV5iBx"
PAGES = ("http://localhost:3000", "https://app.magna.com")
SETTINGS = {
    "JWT_SECRET": JWT_SECRET,
    "ENCRYPTION_KEY": "Zt5RwY8uKd3PnXc7LgVb2QmJs6HfEa9To4Ei1WyB",
    "GEMINI_API_KEY": "gemini-nobody-is-asked",
    "OPENAI_API_KEY": "openai-nobody-is-asked",
    "SERPAPI_API_KEY": "serpapi-nobody-is-asked",
    "PINECONE_API_KEY": "pinecone-nobody-is-asked",
    "AWS_ACCESS_KEY_ID": "AKIDNOBODY",
    "AWS_SECRET_ACCESS_KEY": "nobody-is-asked",
    "RATE_LIMIT_PER_MINUTE": "45",
    "CORS_ORIGINS": ",".join(PAGES),
}


@pytest.fixture(scope="module")
def site(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, plugin = tmp_path_factory.mktemp("s4"), Path(__file__).with_name("jobs_plugin.py")
    with running_site(Path(folder), module_url, ANSWERS, plugin, **SETTINGS) as running:
        yield running


@pytest.fixture
def token(site: Site, request: pytest.FixtureRequest) -> str:
    """A token of a user of the test's own, who has all of the limit."""
    name = "".join(filter(str.isalpha, request.node.name))
    return site.service.user(name[:40])


def say(api: httpx2.Client, message: str, conversation_id: str | None = None) -> dict[str, Any]:
    """Send a message as the example does, and return the answer, its shape checked."""
    body = {"message": message, "stream": False}
    if conversation_id is not None:
        body["conversation_id"] = conversation_id
    response = api.post("/api/chat/message", json=body).raise_for_status()
    answer: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/json"
    has_fields(answer, MESSAGE)
    assert is_id(answer["conversation_id"])
    assert is_id(answer["message_id"])
    assert is_time(answer["timestamp"])
    return answer


def streamed(api: httpx2.Client, message: str, conversation_id: str | None = None) -> list[str]:
    """Send a message and return the data of the answer's events, read as a browser reads them."""
    body = {"message": message, "conversation_id": conversation_id, "stream": True}
    events: list[list[str]] = [[]]
    with api.stream("POST", "/api/chat/message", json=body) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
        for line in response.iter_lines():
            if not line:
                events.append([])
            elif not line.startswith(":"):
                assert line.startswith("data: ")
                events[-1].append(line.removeprefix("data: "))
    return ["\n".join(lines) for lines in events if lines]


def calls(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return calls or results without their ids, which must be there."""
    assert all(each["id"] for each in shown)
    return [{name: value for name, value in each.items() if name != "id"} for each in shown]


def is_refused(response: httpx2.Response, status: int, error: str) -> dict[str, Any]:
    """Check an error and return it."""
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    has_fields(body, ("error", "message", "detail", "request_id"))
    assert body["error"] == error
    assert body["message"]
    assert body["detail"] is None or isinstance(body["detail"], str)
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def test_a_message(api: httpx2.Client) -> None:
    answer = say(api, QUESTION)

    assert answer["content"] == FOUND
    assert calls(answer["tool_calls"]) == [SEARCH]
    assert calls(answer["results"]) == [{"tool": "search_jobs", "result": JOBS}]
    assert answer["requires_consent"] is None


def test_a_message_as_a_stream(api: httpx2.Client) -> None:
    pieces = streamed(api, QUESTION)

    assert pieces[-1] == "[DONE]"
    assert "".join(pieces[:-1]) == FOUND


def test_conversations(api: httpx2.Client) -> None:
    assert api.get("/api/chat/conversations").json() == []
    first, second = say(api, QUESTION), say(api, "And elsewhere?")
    page = {"limit": 20, "offset": 0}

    listed = api.get("/api/chat/conversations", params=page).raise_for_status().json()

    for each in listed:
        has_fields(
            each,
            ("id", "title", "created_at", "updated_at", "message_count", "last_message_preview"),
        )
        assert is_time(each["created_at"])
        assert is_time(each["updated_at"])
        assert each["message_count"] == 2
        assert each["last_message_preview"] == "One job: - Python developer - in San Francisco"
    ids = [second["conversation_id"], first["conversation_id"]]
    assert [each["id"] for each in listed] == ids
    assert [each["title"] for each in listed] == ["And elsewhere?", QUESTION]
    page = {"limit": 1, "offset": 1}
    assert api.get("/api/chat/conversations", params=page).json() == listed[1:]
    assert api.get("/api/chat/conversations", params={"offset": 2}).json() == []


def test_a_conversation(api: httpx2.Client) -> None:
    answer = say(api, QUESTION)

    path = f"/api/chat/conversations/{answer['conversation_id']}"
    found = api.get(path).raise_for_status().json()

    has_fields(found, ("id", "title", "created_at", "updated_at", "messages"))
    assert (found["id"], found["title"]) == (answer["conversation_id"], QUESTION)
    for message in found["messages"]:
        has_fields(message, ("id", "role", "content", "timestamp", "tool_calls", "results"))
        assert is_time(message["timestamp"])
    asked, told = found["messages"]
    assert (asked["role"], asked["content"]) == ("user", QUESTION)
    assert (asked["tool_calls"], asked["results"]) == ([], [])
    assert (told["role"], told["content"]) == ("assistant", FOUND)
    assert (told["id"], told["timestamp"]) == (answer["message_id"], answer["timestamp"])
    assert (told["tool_calls"], told["results"]) == (answer["tool_calls"], answer["results"])


@pytest.mark.parametrize(("approved", "status"), [(True, "approved"), (False, "denied")])
def test_consent(api: httpx2.Client, approved: bool, status: str) -> None:
    conversation_id = say(api, QUESTION)["conversation_id"]
    waiting = say(api, "Apply.", conversation_id)
    assert (waiting["content"], calls(waiting["tool_calls"])) == (ASKED, [SUBMIT])
    request = waiting["requires_consent"]
    body = {"consent_request_id": request["id"], "approved": approved}

    answer = api.post("/api/chat/consent", json=body).raise_for_status().json()

    has_fields(answer, ("consent_request_id", "status", "consent_token", "message"))
    assert (answer["consent_request_id"], answer["status"]) == (request["id"], status)
    assert isinstance(answer["consent_token"], str) is approved
    assert answer["message"]
    is_refused(api.post("/api/chat/consent", json=body), 409, "conflict")
    told = last_message(api, conversation_id, 4)
    assert told["content"] == ASKED + SENT
    (result,) = told["results"]
    assert ("result" in result) is approved


def last_message(api: httpx2.Client, conversation_id: str, number: int) -> dict[str, Any]:
    """Return the last message once there are so many, by following the conversation's runs."""
    for run in api.get("/api/runs", params={"conversation_id": conversation_id}).json()["runs"]:
        api.get(f"/api/runs/{run['id']}/events").raise_for_status()
    messages: list[dict[str, Any]] = api.get(f"/api/chat/conversations/{conversation_id}").json()[
        "messages"
    ]
    assert len(messages) == number
    return messages[-1]


def test_a_stream_says_that_it_waits(api: httpx2.Client) -> None:
    conversation_id = say(api, QUESTION)["conversation_id"]

    first, *words, last = streamed(api, "Apply.", conversation_id)

    assert (first, last) == (ASKED, "[DONE]")
    (request,) = api.get("/api/consents?status=waiting").json()["consents"]
    assert request["preview"] in "".join(words)
    assert request["id"] in "".join(words)


def test_a_failure_before_any_text_is_an_error(api: httpx2.Client) -> None:
    conversation_id = say(api, QUESTION)["conversation_id"]
    request = say(api, "Apply.", conversation_id)["requires_consent"]
    body = {"consent_request_id": request["id"], "approved": True}
    api.post("/api/chat/consent", json=body).raise_for_status()
    last_message(api, conversation_id, 4)

    for stream in (True, False):
        body = {"message": "More?", "conversation_id": conversation_id, "stream": stream}
        is_refused(api.post("/api/chat/message", json=body), 502, "upstream_error")


def address(site: Site, token: str) -> str:
    return f"{site.service.url.replace('http', 'ws', 1)}/ws/chat?token={token}"


async def received(socket: ClientConnection, last: str = "done") -> list[dict[str, Any]]:
    """Return the frames up to one of this type."""
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        while not frames or frames[-1]["type"] != last:
            frames.append(json.loads(await socket.recv()))
    return frames


def joined(frames: list[dict[str, Any]]) -> str:
    return "".join(frame["content"] for frame in frames if frame["type"] == "chunk")


async def test_the_socket(site: Site, token: str) -> None:
    async with connect(address(site, token)) as socket:
        await socket.send(json.dumps({"type": "ping"}))
        assert json.loads(await socket.recv()) == {"type": "pong"}
        await socket.send(json.dumps({"type": "message", "message": QUESTION}))
        frames = await received(socket)

        begun = frames[0]["conversation_id"]
        assert frames[0] == {"type": "conversation_id", "conversation_id": begun}
        assert is_id(begun)
        has_fields(frames[1], ("type", "tool_calls"))
        assert calls(frames[1]["tool_calls"]) == [SEARCH]
        has_fields(frames[2], ("type", "results"))
        assert calls(frames[2]["results"]) == [{"tool": "search_jobs", "result": JOBS}]
        assert frames[-1] == {"type": "done"}
        for frame in frames[3:-1]:
            has_fields(frame, ("type", "content"))
        assert joined(frames) == FOUND

        message = {"type": "message", "message": "Apply.", "conversation_id": begun}
        await socket.send(json.dumps(message))
        frames = await received(socket)
        assert [frame["type"] for frame in frames] == [
            "conversation_id",
            "chunk",
            "tool_calls",
            "consent_required",
            "done",
        ]
        has_fields(frames[3], ("type", "consent_request"))
        body = {"consent_request_id": frames[3]["consent_request"]["id"], "approved": True}
        with site.client(token) as api:
            api.post("/api/chat/consent", json=body).raise_for_status()
        rest = await received(socket)
        assert [frame["type"] for frame in rest] == ["results", "chunk", "done"]
        assert calls(rest[0]["results"]) == [
            {"tool": "submit_application", "result": "submitted cv.pdf"}
        ]
        assert joined(rest) == SENT

        await socket.send(json.dumps({**message, "message": "More?"}))
        assert [frame["type"] for frame in await received(socket)] == [
            "conversation_id",
            "error",
            "done",
        ]


async def test_errors_of_the_socket_are_texts(site: Site, token: str) -> None:
    async with connect(address(site, token)) as socket:
        for wrong in (
            "{",
            '{"type": "message"}',
            '{"type": "message", "message": ""}',
            '{"type": "dance"}',
            '{"type": "message", "message": "Hi", "conversation_id": "conv_123"}',
        ):
            await socket.send(wrong)
            frame = json.loads(await socket.recv())
            has_fields(frame, ("type", "error"))
            assert frame["type"] == "error"
            assert isinstance(frame["error"], str)
        await socket.send(json.dumps({"type": "ping"}))  # it stays open
        assert json.loads(await socket.recv()) == {"type": "pong"}
    assert token not in site.service.log
    assert "WEBSOCKET /ws/chat opened" in site.service.log


@pytest.mark.parametrize("query", ["", "?token=", "?token=forged"])
async def test_the_socket_is_closed_to_strangers(site: Site, query: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(site, "").partition("?")[0] + query)

    answer = refused.value.response
    assert answer.status_code == 401
    has_fields(json.loads(answer.body), ("error", "message", "detail", "request_id"))
    assert json.loads(answer.body)["error"] == "unauthorized"


async def test_two_dialects_in_one_conversation(site: Site, token: str) -> None:
    async with connect(address(site, token)) as socket:
        await socket.send(json.dumps({"type": "message", "message": QUESTION}))
        begun = (await received(socket))[0]["conversation_id"]

    with site.client(token) as api:
        body = {"message": "Apply.", "conversation_id": begun}
        waiting = api.post("/api/chat", json=body).raise_for_status().json()
        assert (waiting["conversation_id"], waiting["status"]) == (begun, "waiting_consent")

        async with connect(site.service.url.replace("http", "ws", 1) + "/ws") as socket:
            await socket.send(json.dumps({"type": "auth", "token": token}))
            assert json.loads(await socket.recv()) == {"type": "ready"}
            await socket.send(json.dumps({"type": "resume", "run_id": waiting["run_id"]}))
            await received(socket)
            request_id = waiting["requires_consent"]["id"]
            frame = {"type": "consent", "consent_request_id": request_id, "approved": True}
            await socket.send(json.dumps(frame))
            await received(socket)

        assert [
            (message["role"], message["content"])
            for message in api.get(f"/api/chat/conversations/{begun}").json()["messages"]
        ] == [
            ("user", QUESTION),
            ("assistant", FOUND),
            ("user", "Apply."),
            ("assistant", ASKED + SENT),
        ]


def test_health(site: Site) -> None:
    with site.client() as anybody:
        health = anybody.get("/api/health").raise_for_status().json()
        fields = ("status", "service", "version", "llm_providers", "database", "vector_db")
        has_fields(health, fields)
        assert (health["status"], health["database"]) == ("healthy", "connected")
        assert health["llm_providers"]["google"] == "ready"  # which GEMINI_API_KEY configures
        assert health["llm_providers"]["openai"] == "ready"
        assert health["llm_providers"]["perplexity"] == "not configured"
        assert health["vector_db"] == "not configured"  # there is none yet, whatever the key
        assert anybody.get("/api/ready").raise_for_status().json() == {"status": "ready"}
        assert anybody.get("/api/live").raise_for_status().json() == {"status": "alive"}
        for page in ("/api/docs", "/api/redoc"):
            assert "text/html" in anybody.get(page).raise_for_status().headers["content-type"]


def test_the_token(token: str) -> None:
    head, payload, signature = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    assert {"sub", "email", "username", "exp"} <= claims.keys()
    digest = hmac.new(JWT_SECRET.encode(), f"{head}.{payload}".encode(), hashlib.sha256).digest()
    assert urlsafe_b64decode(signature + "=" * (-len(signature) % 4)) == digest


def test_errors(site: Site, api: httpx2.Client) -> None:
    for path in ("/api/chat/message", "/api/chat/consent"):
        with site.client() as stranger:
            is_refused(stranger.post(path, json={}), 401, "unauthorized")
        is_refused(api.post(path, json=[]), 400, "invalid_request")
        is_refused(api.post(path, content=b"{"), 415, "unsupported_media_type")
        is_refused(api.put(path, json={}), 405, "method_not_allowed")
    error = is_refused(api.post("/api/chat/message", json={}), 400, "invalid_request")
    assert error["message"] == "The field message is missing."
    assert error["detail"] == "message: It is missing."
    body = {"message": QUESTION, "conversation_id": "optional-conversation-id"}
    is_refused(api.post("/api/chat/message", json=body), 404, "not_found")
    is_refused(api.get("/api/chat/conversations/nobodys"), 404, "not_found")
    for query in ("limit=0", "limit=101", "offset=-1", "offset=x"):
        is_refused(api.get(f"/api/chat/conversations?{query}"), 400, "invalid_request")
    unknown = {"consent_request_id": "uuid", "approved": True}
    is_refused(api.post("/api/chat/consent", json=unknown), 404, "not_found")
    has_fields(
        api.get("/api/conversations/nobodys").json()["error"],
        ("code", "message", "details", "request_id"),
    )


def test_the_limit(api: httpx2.Client) -> None:
    response = api.get("/api/chat/conversations")
    assert response.headers["x-ratelimit-limit"] == "45"
    assert response.headers["x-ratelimit-remaining"] == "44"
    assert response.headers["x-ratelimit-reset"].isdecimal()
    tried = 1
    while response.status_code == 200:
        assert tried < 1000  # a slow machine gains one now and then
        tried, response = tried + 1, api.get("/api/chat/conversations")

    assert tried > 45
    is_refused(response, 429, "rate_limited")
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_the_origins(site: Site, page: str) -> None:
    asked = {
        "Origin": page,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    with site.client() as anybody:
        allowed = anybody.options("/api/chat/message", headers=asked)

    assert allowed.headers["access-control-allow-origin"] == page
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert "POST" in allowed.headers["access-control-allow-methods"]
    wanted = {
        each.strip().lower() for each in allowed.headers["access-control-allow-headers"].split(",")
    }
    assert {"authorization", "content-type"} <= wanted or wanted == {"*"}

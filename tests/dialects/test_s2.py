"""The client of the orchestration API: an Angular page that shows no credentials."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.accounts.api_keys import Scope
from domain.accounts.users import Role
from entrypoints.server.lifecycle import administered
from entrypoints.settings.loading import load_settings
from entrypoints.settings.version import VERSION
from entrypoints.wiring.container import build
from tests.adapters.llm.wire.openai import OpenAIWireServer, answer, chunk
from tests.adapters.llm.wire.server import Reply
from tests.dialects.shapes import has_fields, is_time
from tests.dialects.site import CLOUD, PAGE, Site, running_site

MODEL = "gpt-4-turbo-preview"
PIECES = ["FastAPI es\n\n", "un framework", " moderno\n", "..."]
TEXT = "".join(PIECES)
TOKENS = 30  # of each answer of the wire server
SETTINGS = {
    "OPENAI_MODEL": MODEL,
    "OPENAI_API_KEY": "sk-wire",
    "LOG_LEVEL": "INFO",
    "PUERTO_PROVIDER": "openai",
}


@pytest.fixture(scope="module")
def model() -> Iterator[OpenAIWireServer]:
    with OpenAIWireServer() as server:
        yield server


@pytest.fixture(scope="module")
async def site(
    module_url: str, model: OpenAIWireServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """A service that an operator has opened: by a key of an account for this purpose."""
    folder = Path(tmp_path_factory.mktemp("s2"))
    known = {"DATABASE_URL": module_url, "PUERTO_DATA_DIR": str(folder / "data")}
    async with administered(build(load_settings(known, None)), lambda _: None) as services:
        guest = await services.authentication.add_user(
            "guest", "guest@example.org", "Guest", "a long password", Role.OPERATOR
        )
        scopes = frozenset({Scope.CHAT, Scope.ADMIN})
        _, key = await services.api_keys.make(guest, "anonymous", scopes, None)
    opened = SETTINGS | {"OPENAI_BASE_URL": model.base_url, "PUERTO_ANONYMOUS_KEY": key}
    with running_site(folder, module_url, [], CLOUD, **opened) as running:
        yield running


@pytest.fixture
def page(site: Site, model: OpenAIWireServer) -> Iterator[httpx2.Client]:
    """The page's requests, of an origin that is allowed, and what the model answers."""
    model.reset()
    model.play(MODEL, answer(*(chunk({"content": piece}) for piece in PIECES)))
    with site.client() as client:
        client.headers["Origin"] = PAGE
        yield client


def texts(lines: list[str]) -> list[str]:
    """Return the pieces of a stream as a browser reads it: the data of each event, joined."""
    blocks = "\n".join(lines).strip("\n").split("\n\n")
    return [
        "\n".join(line.removeprefix("data: ") for line in block.split("\n")) for block in blocks
    ]


def test_the_status(page: httpx2.Client) -> None:
    answer = page.get("/status")

    assert answer.status_code == 200
    assert answer.json() == {"status": "running", "version": VERSION, "openai_connected": True}
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_a_question(page: httpx2.Client, model: OpenAIWireServer) -> None:
    body = {
        "prompt": "Explica qué es FastAPI",
        "temperature": 0.2,
        "max_tokens": 150,
        "stream": False,
    }
    answered = page.post("/ask", json=body)

    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"] == "application/json"
    assert answered.json() == {"response": TEXT, "tokens_used": TOKENS}
    (request,) = model.requests
    assert asked(request.body) == (["Explica qué es FastAPI"], 0.2, 150)
    assert not request.body.get("tools")


def asked(body: Any) -> tuple[list[str], float, int]:
    """Return what the provider was told: texts, temperature, bound of tokens."""
    said = [each["content"] for each in body["messages"]]
    return said, body["temperature"], body.get("max_completion_tokens", body.get("max_tokens"))


def test_a_question_with_nothing_said_of_how(page: httpx2.Client, model: OpenAIWireServer) -> None:
    assert page.post("/ask", json={"prompt": "Hola", "stream": False}).status_code == 200

    assert asked(model.requests[0].body) == (["Hola"], 0.7, 1000)


def test_a_question_answered_as_a_stream(page: httpx2.Client) -> None:
    body = {"prompt": "Hola", "stream": True}
    with page.stream("POST", "/ask", json=body) as response:
        lines = list(response.iter_lines())

    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
    assert response.headers["access-control-allow-origin"] == PAGE
    assert all(line.startswith("data: ") or not line for line in lines)
    assert "".join(texts(lines)) == TEXT  # and nothing but pieces of it
    assert len(texts(lines)) > 1


def test_a_question_that_the_provider_does_not_answer(
    page: httpx2.Client, model: OpenAIWireServer
) -> None:
    refused = {"message": "Incorrect API key provided.", "type": "invalid_request_error"}
    model.play(MODEL, [Reply(401, {"error": refused})])
    for stream in (False, True):
        answer = page.post("/ask", json={"prompt": "Hola", "stream": stream})

        assert answer.status_code == 502
        assert answer.json()["error"]["code"] == "UPSTREAM_ERROR"


def test_the_logs(page: httpx2.Client) -> None:
    page.post("/ask", json={"prompt": "Hola", "stream": False})
    answer = page.get("/logs", params={"limit": 10})

    assert answer.status_code == 200
    entries = answer.json()
    assert isinstance(entries, list)
    assert 0 < len(entries) <= 10
    for entry in entries:
        has_fields(entry, ("timestamp", "level", "message", "metadata"))
        assert is_time(entry["timestamp"])
        assert isinstance(entry["message"], str)
    assert [entry["timestamp"] for entry in entries] == sorted(
        (entry["timestamp"] for entry in entries), reverse=True
    )
    of_level = page.get("/logs", params={"level": "INFO"}).json()
    assert 0 < len(of_level) <= 100
    assert {entry["level"] for entry in of_level} == {"INFO"}
    assert page.get("/logs", params={"limit": 1000}).status_code == 200
    assert page.get("/logs", params={"limit": 1001}).status_code == 400


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:4201"])
def test_an_angular_page_may_ask(page: httpx2.Client, origin: str) -> None:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = page.options("/ask", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": ""},
        {"prompt": "Hola", "temperature": 2.1},
        {"prompt": "Hola", "temperature": -0.1},
        {"prompt": "Hola", "max_tokens": 0},
    ],
)
def test_a_question_that_is_none(page: httpx2.Client, body: dict[str, Any]) -> None:
    answer = page.post("/ask", json=body)

    assert answer.status_code == 400
    has_fields(answer.json()["error"], ("code", "message", "details", "request_id"))
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"


def test_credentials_that_are_wrong_are_refused_all_the_same(page: httpx2.Client) -> None:
    wrong = {"Authorization": "Bearer nobody's"}

    assert page.post("/ask", json={"prompt": "Hola"}, headers=wrong).status_code == 401
    assert page.get("/logs", headers=wrong).status_code == 401


def test_the_pages(page: httpx2.Client) -> None:
    for path in ("/docs", "/redoc"):
        assert page.get(path, follow_redirects=True).status_code == 200

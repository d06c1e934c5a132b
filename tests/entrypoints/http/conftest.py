"""A whole application over a database and a cassette; only the cost of passwords is taken out."""

import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from quart import Quart, Response
from quart.testing.utils import sentinel
from werkzeug.routing import Rule

from domain.accounts.users import Role
from domain.shared.clock import Clock
from entrypoints.http.app import create_app
from entrypoints.http.dialects.job_assistant.errors import ADDRESSES
from entrypoints.server.lifecycle import running
from entrypoints.settings.loading import load_settings
from entrypoints.wiring.container import build
from entrypoints.wiring.services import Services
from tests.fakes.security import FakePasswords
from tests.support.service import UNLIMITED
from tests.support.templates import give_tried, keep_tried

PASSWORD = "a long password"
CASSETTE = [
    {
        "pieces": [
            {"reasoning": "A product."},
            {"tool": "calculator", "arguments": {"expression": "17 * 23"}},
        ],
        "usage": {"input_tokens": 10, "output_tokens": 5},
    },
    {
        "pieces": [{"text": "That makes "}, {"text": "391."}],
        "usage": {"input_tokens": 20, "output_tokens": 6},
    },
    {"pieces": [{"text": "One moment"}, {"delay": 60}]},
]


@dataclass
class Client:
    """Sends requests as one user, or as nobody."""

    app: Quart
    token: str | None = None
    user: dict[str, Any] = field(default_factory=dict)
    refresh_token: str = ""

    async def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Response:
        """Send a request; a body is sent as JSON, bytes as they are, called JSON."""
        given = dict(headers or {})
        if self.token is not None:
            given.setdefault("Authorization", f"Bearer {self.token}")
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        client = self.app.test_client(use_cookies=False)
        return await client.open(path, method=method, headers=given, data=data, json=sentinel)

    async def get(self, path: str) -> Any:
        """Return the JSON of a GET that succeeds."""
        return await self.json("GET", path)

    async def json(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Return the JSON of a request that is answered with that status."""
        response = await self.send(method, path, body)
        text = await response.get_data(as_text=True)
        assert response.status_code == status, text
        return json.loads(text)

    async def error(self, method: str, path: str, status: int, code: str, body: Any = None) -> Any:
        """Return the error of a request that fails so, its shape checked."""
        response = await self.send(method, path, body)
        return await read_error(response, status, code, path)


async def read_error(response: Response, status: int, code: str, path: str = "") -> Any:
    """Return the error in an answer, which must have the shape of its address."""
    if ADDRESSES.fullmatch(path.partition("?")[0]):
        return await read_plain_error(response, status, code)
    text = await response.get_data(as_text=True)
    assert response.status_code == status, text
    assert response.content_type == "application/json"
    answer = json.loads(text)
    assert answer.keys() == {"error"}
    error = answer["error"]
    assert error.keys() == {"code", "message", "details", "request_id"}
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"] == response.headers["X-Request-ID"]
    return error


async def read_plain_error(response: Response, status: int, code: str) -> Any:
    """Return the error in an answer, which must have the shape of the job assistant's addresses."""
    text = await response.get_data(as_text=True)
    assert response.status_code == status, text
    assert response.content_type == "application/json"
    error = json.loads(text)
    assert error.keys() == {"error", "message", "detail", "request_id"}
    assert error["error"] == code.lower()
    assert error["message"]
    assert error["detail"] is None or isinstance(error["detail"], str)
    assert error["request_id"] == response.headers["X-Request-ID"]
    return error


@dataclass
class Installation:
    """One application, and ways to use it."""

    app: Quart
    services: Services

    @property
    def anyone(self) -> Client:
        """A client without credentials."""
        return Client(self.app)

    async def user(self, name: str, role: Role = Role.USER) -> Client:
        """Return a client that is logged in as a new user of that name and role."""
        email = f"{name}@example.com"
        await self.services.authentication.add_user(name, email, name.title(), PASSWORD, role)
        return await self.log_in(name)

    async def log_in(self, name: str) -> Client:
        """Return a client that is logged in as that user."""
        body = {"username": name, "password": PASSWORD}
        grant = await self.anyone.json("POST", "/api/auth/login", body)
        return Client(self.app, grant["access_token"], grant["user"], grant["refresh_token"])


def other_than(services: Services, **parts: Any) -> Services:
    """Return the services with others in the place of these parts."""
    changed = copy(services)
    vars(changed).update(parts)
    return changed


Install = Callable[..., AbstractAsyncContextManager[Installation]]


@pytest.fixture(scope="session", autouse=True)
def routes_compiled_once() -> Iterator[None]:
    """Let Werkzeug compile a route once, which takes it half of what a short test does here.

    What it makes depends on the parts of the route and on their defaults, not on the application.
    """
    compile_builder, known = Rule._compile_builder, dict[Any, Any]()

    def once(rule: Rule, append_unknown: bool = True) -> Any:
        key = (tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture
def install(tmp_path: Path, database_url: str) -> Install:
    """Start an installation with these environment variables beside its own, at that time."""

    @asynccontextmanager
    async def start(clock: Clock | None = None, **variables: str) -> AsyncGenerator[Installation]:
        cassette = tmp_path / "cassette.json"
        cassette.write_text(json.dumps(CASSETTE))
        given = {
            "DATABASE_URL": database_url,
            "PUERTO_DATA_DIR": str(tmp_path),
            "PUERTO_CASSETTE": str(cassette),
            "PUERTO_GRACE_SECONDS": "0.2",
            **UNLIMITED,
        }
        give_tried(tmp_path)
        settings = load_settings(given | variables, None)
        container = build(settings, clock=clock, passwords=FakePasswords())
        async with running(container, lambda _: None) as services:
            yield Installation(create_app(services), services)
        keep_tried(tmp_path)

    return start


@pytest.fixture
async def installation(install: Install) -> AsyncGenerator[Installation]:
    """An installation as it comes."""
    async with install() as started:
        yield started


@pytest.fixture
async def ada(installation: Installation) -> Client:
    """A user."""
    return await installation.user("ada")


@pytest.fixture
async def bob(installation: Installation) -> Client:
    """Another user."""
    return await installation.user("bob")


@pytest.fixture
async def admin(installation: Installation) -> Client:
    """An administrator."""
    return await installation.user("root", Role.ADMIN)

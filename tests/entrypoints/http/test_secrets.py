"""A secret is put into every input, and then looked for wherever something is written."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel, SecretStr

from domain.accounts.users import Role
from domain.tools.artifacts import Artifact
from entrypoints.server.logs import JsonLine, OneLine, RedactingFormatter
from entrypoints.server.redaction import secrets_of
from plugins.host.host import PluginHost
from puerto import KeyAccount, Registry, ToolContext, hookimpl, tool
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import EXECUTE
from tests.support.pets import PetShop
from tests.support.web_server import WebServer

pytestmark = pytest.mark.one_engine  # it reads the file of the database

OF_SETTINGS = (
    "JWT_SECRET",
    "ENCRYPTION_KEY",
    "PUERTO_OLD_ENCRYPTION_KEYS",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "PERPLEXITY_API_KEY",
    "SERPAPI_API_KEY",
    "PINECONE_API_KEY",
)
OF_OTHERS = (
    "plugin's setting",
    "LEAKY_VARIABLE",
    "LEAKY_REQUIRED",
    "key of an account",
    "key of an API",
    "user's own key of an API",
)
OF_PEOPLE = ("password", "new password", "wrong password")


def secret_of(name: str) -> str:
    """Return the secret that stands for this input."""
    return hashlib.sha256(name.encode()).hexdigest()


SECRETS = {name: secret_of(name) for name in (*OF_SETTINGS, *OF_OTHERS, *OF_PEOPLE)}


class LeakySettings(BaseModel):
    """One setting is set by the operator, the other in the environment."""

    token: SecretStr = SecretStr("")
    variable: SecretStr = SecretStr("")


class Leaky:
    """A plugin that says all it knows wherever it can say something."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        @tool(effect="read", requires=["LEAKY_REQUIRED"])
        async def leak(context: ToolContext, how: str) -> Any:
            """Leak."""
            settings = context.settings(LeakySettings)
            found = await context.credentials("crm")
            known = [
                settings.token.get_secret_value(),
                settings.variable.get_secret_value(),
                context.secrets["LEAKY_REQUIRED"],
                found.token,
            ]
            text = " ".join(known)
            context.log.warning("I know %s", text)
            await context.progress(text)
            if how == "raise":
                raise ValueError(text)
            files = [Artifact(text.encode(), "text/plain", f"{known[0]}.txt")]
            return {"known": known, text: 1, "files": files}

        registry.use_settings(LeakySettings)
        registry.add_account(KeyAccount(name="crm", title="CRM"))
        registry.add_tools(leak)


class _Lines(logging.Handler):
    def __init__(self, formatter: RedactingFormatter, said: list[str]) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(self.format(record))


@contextmanager
def logged(installation: Installation, said: list[str]) -> Iterator[None]:
    """Add the lines of the log, in both forms, to what was said."""
    secrets = secrets_of(installation.services.settings)
    handlers = [_Lines(form(secrets), said) for form in (OneLine, JsonLine)]
    for handler in handlers:
        logging.root.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            logging.root.removeHandler(handler)


def a_library_logs(shown_once: Mapping[str, str]) -> None:
    """Let a library log whatever this process uses, in the ways in which libraries quote."""
    log = logging.getLogger("some.library")
    log.warning("Bearer %s and %s", shown_once["access_token"], shown_once["API key"])
    log.warning("/ws?ticket=%s", shown_once["ticket"])
    used = {name: SECRETS[name] for name in (*OF_SETTINGS, *OF_OTHERS)}
    log.warning("sent %s", used)
    log.warning("asked for https://example.org/?%s", "&".join(map(quote, used.values())))
    try:
        raise ConnectionError(json.dumps(used))  # noqa: TRY301  its traceback is tested
    except ConnectionError:
        log.exception("not connected", stack_info=True)


async def use_all(
    installation: Installation, shop: WebServer, shown_once: dict[str, str]
) -> list[str]:
    """Put each secret where it belongs, use it, and return what everybody is told.

    What the service makes itself, and shows once, is put into ``shown_once``.
    """
    host = installation.services.toolbox
    assert isinstance(host, PluginHost)
    assert not host.register(Leaky(), "leaky").reason
    said: list[str] = []

    async def tell(client: Client, method: str, path: str, body: Any = None) -> Any:
        response = await client.send(method, path, body)
        text = await response.get_data(as_text=True)
        said.append(text)
        assert response.status_code < 300 or path == EXECUTE, text
        return json.loads(text) if text.startswith(("{", "[")) else text

    anyone, olga = installation.anyone, await installation.user("olga", Role.ADMIN)
    person = {"email": "ada@example.com", "full_name": "Ada", "password": SECRETS["password"]}
    grant = await anyone.json("POST", "/api/auth/register", person, 201)
    ada = Client(installation.app, grant["access_token"])
    shown_once |= {name: grant[name] for name in ("access_token", "refresh_token")}
    asked = {"name": "report", "scopes": ["chat"]}
    shown_once["API key"] = (await ada.json("POST", "/api/auth/keys", asked, 201))["key"]
    await tell(Client(installation.app, shown_once["API key"]), "GET", "/api/auth/me")
    await tell(ada, "GET", "/api/auth/keys")
    ticket = await ada.json("POST", "/api/auth/ticket", {"path": "/ws"})
    shown_once["ticket"] = ticket["ticket"]
    for password in ("wrong password", "password"):
        body = {"username": "ada@example.com", "password": SECRETS[password]}
        await anyone.send("POST", "/api/auth/login", body)
    change = {
        "current_password": SECRETS["password"],
        "new_password": SECRETS["new password"],
    }
    await tell(ada, "POST", "/api/auth/password", change)

    path = "/api/plugins/leaky/settings"
    await tell(olga, "PUT", path, {"values": {"token": SECRETS["plugin's setting"]}})
    path = "/api/connected-accounts/leaky/crm"
    await tell(ada, "PUT", path, {"key": SECRETS["key of an account"]})
    source = {"type": "openapi", "source": f"{shop.url}/openapi.json", "name": "Ours"}
    auth = {"credentials": {"key": SECRETS["key of an API"]}}
    await tell(olga, "POST", "/api/learned-apis", {**source, "auth": auth})
    theirs = {**source, "name": "Theirs", "auth": {"per_user": True}}
    learned = await tell(olga, "POST", "/api/learned-apis", theirs)
    own = {"credentials": {"key": SECRETS["user's own key of an API"]}}
    await tell(ada, "PUT", f"/api/learned-apis/{learned['id']}/credentials", own)

    tools = [each["name"] for each in (await tell(ada, "GET", "/api/tools?limit=100"))["tools"]]
    pets = [name for name in tools if name.lower().endswith("listpets")]
    assert len(pets) == 2
    for name, parameters in (
        ("leak", {"how": "return"}),
        ("leak", {"how": "raise"}),
        *((name, {}) for name in pets),
    ):
        await tell(ada, "POST", EXECUTE, {"tool": name, "parameters": parameters})
        said_to_model = {"message": f"call {name} {json.dumps(parameters)}"}
        answer = await tell(ada, "POST", "/api/chat", said_to_model)
        assert answer["status"] == "completed", answer
    a_library_logs(shown_once)

    for run in (await tell(ada, "GET", "/api/runs"))["runs"]:
        await tell(ada, "GET", f"/api/runs/{run['id']}/events")
    for address in ("/api/conversations", "/api/consents", "/api/connected-accounts"):
        await tell(ada, "GET", address)
    for address in (
        "/logs?limit=1000",
        "/api/audit",
        "/api/plugins",
        "/api/plugins/leaky/settings",
        "/api/learned-apis",
        "/api/metrics",
        "/metrics",
        "/api/config",
        "/api/health",
    ):
        await tell(olga, "GET", address)
    return said


def bytes_of(folder: Path) -> list[str]:
    """Return what is in the files of the database, as the characters that the bytes stand for."""
    files = [*folder.glob("puerto.db*")]
    assert files
    return [file.read_bytes().decode("latin1") for file in files]


async def test_what_is_secret_is_written_nowhere(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEAKY_VARIABLE", "LEAKY_REQUIRED"):
        monkeypatch.setenv(name, SECRETS[name])
    given = {name: SECRETS[name] for name in OF_SETTINGS}
    written: dict[str, list[str]] = {"log": []}
    shown_once: dict[str, str] = {}
    with OpenAIWireServer() as model:
        given |= {
            "PUERTO_CASSETTE": "",
            "PUERTO_PROVIDER": "openai",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_MODEL": "echo",
            "PUERTO_OPEN_HOSTS": "127.0.0.1",
            "PUERTO_AUTONOMY": "full",
        }
        async with WebServer(PetShop()) as shop, install(**given) as installation:
            with logged(installation, written["log"]):
                written["answers"] = await use_all(installation, shop, shown_once)
            sent = {seen.header("x-pet-key") for seen in shop.seen}
            assert sent >= {SECRETS["key of an API"], SECRETS["user's own key of an API"]}
            written["database"] = bytes_of(tmp_path)
        written["database after the end"] = bytes_of(tmp_path)
    written["prompts"] = [json.dumps(request.body) for request in model.requests]

    assert len(model.requests) == 8
    assert sum("***" in text for text in written["log"]) > 5
    assert sum("***" in text for text in written["prompts"]) > 3
    assert len(shown_once) == 4
    assert found_in(written, SECRETS | shown_once) == {}


def found_in(written: Mapping[str, list[str]], secrets: Mapping[str, str]) -> dict[str, set[str]]:
    """Return where which secrets were found."""
    found: dict[str, set[str]] = {}
    for place, texts in written.items():
        for name, secret in secrets.items():
            if any(secret in text or secret.encode().hex() in text for text in texts):
                found.setdefault(place, set()).add(name)
    return found

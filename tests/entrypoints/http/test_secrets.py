"""A secret is put into every input, and then looked for wherever something is written."""

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel, SecretStr

from domain.accounts.api_keys import new_key
from domain.accounts.users import Role
from domain.tools.artifacts import Artifact
from entrypoints.server.logs import JsonLine, OneLine, RedactingFormatter
from entrypoints.server.redaction import secrets_of
from entrypoints.settings.settings import Settings
from entrypoints.settings.values import variables
from plugins.host.host import PluginHost
from puerto import KeyAccount, Registry, ToolContext, hookimpl, tool
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import EXECUTE
from tests.entrypoints.http.routes.webhooks.receiver import added, still
from tests.support.pets import PetShop
from tests.support.web_server import Reply, WebServer, serving

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
    "OIDC_CLIENT_SECRET",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "PUERTO_ANONYMOUS_KEY",
)
OF_OTHERS = (
    "plugin's setting",
    "LEAKY_VARIABLE",
    "LEAKY_REQUIRED",
    "key of an account",
    "key of an API",
    "user's own key of an API",
    "webhook's secret",
)
USED = OF_OTHERS[:-1]  # of a caller's secret for a webhook only its hash is used
OF_PEOPLE = ("password", "new password", "wrong password")


def secret_of(name: str) -> str:
    """Return the secret that stands for this input."""
    return hashlib.sha256(name.encode()).hexdigest()


SECRETS = {name: secret_of(name) for name in (*OF_SETTINGS, *OF_OTHERS, *OF_PEOPLE)} | {
    "PUERTO_ANONYMOUS_KEY": new_key()  # another text is no key
}


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
    log.warning("Bearer %s and %s", shown_once["access token"], shown_once["API key"])
    log.warning("/ws?ticket=%s", shown_once["ticket"])
    log.warning("signed with whsec_%s", shown_once["key of a webhook"])
    used = {name: SECRETS[name] for name in (*OF_SETTINGS, *USED)}
    log.warning("sent %s", used)
    log.warning("asked for https://example.org/?%s", "&".join(map(quote, used.values())))
    try:
        raise ConnectionError(json.dumps(used))  # noqa: TRY301  its traceback is tested
    except ConnectionError:
        log.exception("not connected", stack_info=True)


@dataclass
class Talk:
    """Puts each secret where it belongs, uses it, and notes what everybody is told.

    ``shown_once`` has what the service makes itself and shows to who asked for it.
    """

    installation: Installation
    shop: WebServer
    receiver: WebServer
    said: list[str] = field(default_factory=list)
    shown_once: dict[str, str] = field(default_factory=dict)

    async def tell(self, client: Client, method: str, path: str, body: Any = None) -> Any:
        """Send a request, and note the answer."""
        response = await client.send(method, path, body)
        text = await response.get_data(as_text=True)
        self.said.append(text)
        assert response.status_code < 300 or path == EXECUTE, text
        return json.loads(text) if text.startswith(("{", "[")) else text

    async def sign_up(self) -> Client:
        """Return a user who has a password, another one since, a key and a ticket."""
        anyone = self.installation.anyone
        person = {"email": "ada@example.com", "full_name": "Ada", "password": SECRETS["password"]}
        grant = await anyone.json("POST", "/api/auth/register", person, 201)
        ada = Client(self.installation.app, grant["access_token"])
        key = {"name": "report", "scopes": ["chat"]}
        ticket = await ada.json("POST", "/api/auth/ticket", {"path": "/ws"})
        self.shown_once |= {
            "access token": grant["access_token"],
            "refresh token": grant["refresh_token"],
            "API key": (await ada.json("POST", "/api/auth/keys", key, 201))["key"],
            "ticket": ticket["ticket"],
        }
        by_key = Client(self.installation.app, self.shown_once["API key"])
        await self.tell(by_key, "GET", "/api/auth/me")
        await self.tell(ada, "GET", "/api/auth/keys")
        for password in ("wrong password", "password"):
            body = {"username": "ada@example.com", "password": SECRETS[password]}
            await anyone.send("POST", "/api/auth/login", body)
        change = {
            "current_password": SECRETS["password"],
            "new_password": SECRETS["new password"],
        }
        await self.tell(ada, "POST", "/api/auth/password", change)
        return ada

    async def set_up(self, olga: Client, ada: Client) -> None:
        """Set what operators and users set."""
        hook = await added(olga, self.receiver, secret=SECRETS["webhook's secret"])
        self.shown_once["key of a webhook"] = hook["secret"].removeprefix("whsec_")
        settings = {"values": {"token": SECRETS["plugin's setting"]}}
        await self.tell(olga, "PUT", "/api/plugins/leaky/settings", settings)
        key = {"key": SECRETS["key of an account"]}
        await self.tell(ada, "PUT", "/api/connected-accounts/leaky/crm", key)
        ours = {"type": "openapi", "source": f"{self.shop.url}/openapi.json", "name": "Ours"}
        auth = {"credentials": {"key": SECRETS["key of an API"]}}
        await self.tell(olga, "POST", "/api/learned-apis", {**ours, "auth": auth})
        theirs = {**ours, "name": "Theirs", "auth": {"per_user": True}}
        learned = await self.tell(olga, "POST", "/api/learned-apis", theirs)
        own = {"credentials": {"key": SECRETS["user's own key of an API"]}}
        await self.tell(ada, "PUT", f"/api/learned-apis/{learned['id']}/credentials", own)

    async def call(self, ada: Client) -> None:
        """Call each tool that knows a secret, without and with a model."""
        tools = (await self.tell(ada, "GET", "/api/tools?limit=100"))["tools"]
        pets = [each["name"] for each in tools if each["name"].lower().endswith("listpets")]
        assert len(pets) == 2
        leaks = [("leak", {"how": "return"}), ("leak", {"how": "raise"})]
        for name, parameters in (*leaks, *((name, {}) for name in pets)):
            await self.tell(ada, "POST", EXECUTE, {"tool": name, "parameters": parameters})
            message = {"message": f"call {name} {json.dumps(parameters)}"}
            assert (await self.tell(ada, "POST", "/api/chat", message))["status"] == "completed"

    async def look(self, olga: Client, ada: Client) -> None:
        """Ask for all that there is to see."""
        for run in (await self.tell(ada, "GET", "/api/runs"))["runs"]:
            await self.tell(ada, "GET", f"/api/runs/{run['id']}/events")
        for address in ("/api/conversations", "/api/consents", "/api/connected-accounts"):
            await self.tell(ada, "GET", address)
        for hook in (await self.tell(olga, "GET", "/api/webhooks"))["webhooks"]:
            await self.tell(olga, "GET", f"/api/webhooks/{hook['id']}/deliveries")
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
            await self.tell(olga, "GET", address)

        user = await self.tell(ada, "GET", "/api/auth/me")
        export = await olga.send("GET", f"/api/users/{user['id']}/export")
        with zipfile.ZipFile(io.BytesIO(await export.get_data(as_text=False))) as archive:
            self.said += [archive.read(name).decode() for name in archive.namelist()]

    async def all(self) -> None:
        """Do all of it."""
        host, dispatcher = self.installation.services.toolbox, await still(self.installation)
        assert isinstance(host, PluginHost)
        assert not host.register(Leaky(), "leaky").reason
        olga, ada = await self.installation.user("olga", Role.ADMIN), await self.sign_up()
        await self.set_up(olga, ada)
        await self.call(ada)
        assert await dispatcher.settle() > 8
        a_library_logs(self.shown_once)
        await self.look(olga, ada)


def bytes_of(folder: Path) -> list[str]:
    """Return what is in the files of the database, as the characters that the bytes stand for."""
    files = [*folder.glob("puerto.db*")]
    assert files
    return [file.read_bytes().decode("latin1") for file in files]


@pytest.fixture
def collector() -> Iterator[WebServer]:
    """A collector of traces and metrics."""
    answer = Reply(headers={"Content-Type": "application/x-protobuf"}, body=b"")
    with serving(lambda _: answer) as server:
        yield server


def test_every_secret_setting_is_put_in() -> None:
    """But for the addresses of a database, which here is a file."""
    secret = {
        variables(setting)[0]
        for setting in Settings.model_fields.values()
        if "SecretStr" in f"{setting.annotation}"
    }
    assert secret == {*OF_SETTINGS, "DATABASE_URL", "DATABASE_LISTEN_URL"}


async def test_what_is_secret_is_written_nowhere(
    install: Install, collector: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEAKY_VARIABLE", "LEAKY_REQUIRED"):
        monkeypatch.setenv(name, SECRETS[name])
    headers = f"x-api-key={SECRETS['OTEL_EXPORTER_OTLP_HEADERS']}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", headers)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    given = {name: SECRETS[name] for name in OF_SETTINGS}
    written: dict[str, list[str]] = {"log": []}
    with OpenAIWireServer() as model:
        given |= {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": headers,
            "PUERTO_CASSETTE": "",
            "PUERTO_PROVIDER": "openai",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_MODEL": "echo",
            "PUERTO_OPEN_HOSTS": "127.0.0.1",
            "PUERTO_AUTONOMY": "full",
        }
        async with (
            WebServer(PetShop()) as shop,
            WebServer() as receiver,
            install(**given) as installation,
        ):
            with logged(installation, written["log"]):
                talk = Talk(installation, shop, receiver, written.setdefault("answers", []))
                await talk.all()
            written["webhooks"] = [f"{seen.headers} {seen.body.decode()}" for seen in receiver.seen]
            sent = {seen.header("x-pet-key") for seen in shop.seen}
            assert sent >= {SECRETS["key of an API"], SECRETS["user's own key of an API"]}
            written["database"] = bytes_of(tmp_path)
        written["database after the end"] = bytes_of(tmp_path)
    written["telemetry"] = [each.body.decode("latin1") for each in collector.seen]
    assert {seen.target for seen in collector.seen} == {"/v1/traces", "/v1/metrics"}
    assert collector.seen[0].header("x-api-key") == SECRETS["OTEL_EXPORTER_OTLP_HEADERS"]
    written["prompts"] = [json.dumps(request.body) for request in model.requests]

    assert len(model.requests) == 8
    assert sum("***" in text for text in written["log"]) > 5
    assert sum("***" in text for text in written["prompts"]) > 3
    assert len(talk.shown_once) == 5
    assert len(written["webhooks"]) > 8
    assert found_in(written, SECRETS | talk.shown_once) == {}


def found_in(written: Mapping[str, list[str]], secrets: Mapping[str, str]) -> dict[str, set[str]]:
    """Return where which secrets were found."""
    found: dict[str, set[str]] = {}
    for place, texts in written.items():
        for name, secret in secrets.items():
            if any(secret in text or secret.encode().hex() in text for text in texts):
                found.setdefault(place, set()).add(name)
    return found

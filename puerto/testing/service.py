"""A whole service inside a test, with its own data, on a port of the loopback interface.

It runs in a thread, so tests are plain functions.
"""

import asyncio
import os
import secrets
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anyio.from_thread import BlockingPortal, start_blocking_portal

from domain.accounts.users import Role, User
from domain.connected_accounts.connected_account import AccountGrant
from domain.models.ports import ChatModel
from domain.shared.clock import Clock
from domain.shared.errors import Unavailable
from entrypoints.chat_turn import ChatTurn
from puerto.testing.http import HttpDouble
from puerto.testing.recorded_tools import RecordedToolbox
from puerto.testing.replies import Answers, Replies
from puerto.testing.scripted import ScriptedModel

if TYPE_CHECKING:  # the service is loaded when a test asks for it
    import httpx2

    from entrypoints.cli.clients.embedded import EmbeddedClient
    from entrypoints.wiring.container import Container
    from entrypoints.wiring.services import Services

USERNAME: Final = "ada"
_PATIENCE: Final = 30.0  # seconds for a run to go on after its consent
_PAUSE: Final = 0.02
_DATABASE: Final = "puerto.db"


class PuertoService:
    """A running service. ``http`` is a client logged in as the administrator ``ada``."""

    def __init__(
        self,
        portal: BlockingPortal,
        container: "Container",
        served: "_Served",
        http: "httpx2.Client",
    ) -> None:
        self.http = http
        self._portal = portal
        self._container = container
        self._user = served.user
        self._client = served.client

    @property
    def url(self) -> str:
        """The address of the service."""
        return str(self.http.base_url).rstrip("/")

    def chat(
        self,
        message: str,
        conversation_id: str | None = None,
        *,
        agent: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        approve: bool | None = None,
        answers: Answers | None = None,
        confirm: Mapping[str, Any] | None = None,
    ) -> ChatTurn:
        """Send a message and return its outcome.

        ``agent``, ``provider`` and ``model`` answer it, if not the usual ones. ``approve`` answers
        every consent request; without it the run waits. ``confirm`` holds the arguments that are
        typed again, by name. ``answers`` are the values for what tools ask: one after another, None
        for a no, or a single dict from which each question takes its fields.

        Raises:
            PuertoError: the service refused the message, or an answer.
            AssertionError: a tool asked what the test does not answer.

        """
        replies = Replies(approve=approve, answers=answers, confirm=confirm or {})
        chosen = {"agent": agent, "provider": provider, "model": model}
        return self._portal.call(partial(self._chat, message, conversation_id, chosen, replies))

    async def _chat(
        self,
        message: str,
        conversation_id: str | None,
        chosen: Mapping[str, str | None],
        replies: Replies,
    ) -> ChatTurn:
        turn = ChatTurn()
        async for event in self._client.ask(message, conversation_id, **chosen):
            turn.take(event)
        async with asyncio.timeout(_PATIENCE):
            while turn.is_waiting and await self._answer(turn, replies):
                await asyncio.sleep(_PAUSE)
                async for event in self._client.go_on():
                    turn.take(event)
        return turn

    async def _answer(self, turn: ChatTurn, replies: Replies) -> bool:
        """Answer the requests; return whether all of them are answered, so that the run goes on."""
        left = []
        for request in turn.requests:
            reply = replies.to(request)
            if reply is None:
                left.append(request)
            else:
                await self._client.consent(request["id"], reply)
        turn.requests = left
        return not left

    def connect_account(self, plugin: str, name: str, token: str) -> None:
        """Connect the user's account of this plugin and name, without the service it belongs to.

        ``token`` is what `ToolContext.credentials` gives to tools: a key, or an access token.

        Raises:
            NotFound: no plugin in use declares this account.

        """
        self._portal.call(self._connect_account, plugin, name, token)

    async def _connect_account(self, plugin: str, name: str, token: str) -> None:
        account = await self._container.account_access().declared.get(plugin, name)
        connector = self._container.connected_accounts().connector
        await connector.connect(self._user, plugin, account, AccountGrant(token))


@contextmanager
def running_service(
    folder: Path,
    plugins: Mapping[str, object] | None = None,
    *,
    model: ChatModel | None = None,
    clock: Clock | None = None,
    http: HttpDouble | None = None,
) -> Generator[PuertoService, None, None]:
    """Yield a service with the installed plugins and its data in ``folder``.

    ``plugins`` are further modules by name; those that are installed are not registered again.
    ``model`` answers if given, else the offline model; ``clock`` is the service's, ``http`` what
    plugins use as `PluginContext.http`.

    Raises:
        Unavailable: one of ``plugins`` is quarantined or refused; the message says why.

    """
    import httpx2
    from argon2.profiles import CHEAPEST

    from adapters.llm.registry import Provider
    from adapters.security.passwords import ArgonPasswords
    from entrypoints.settings.loading import load_settings
    from entrypoints.wiring.container import build

    given = {
        "PUERTO_DATA_DIR": str(folder),
        "PUERTO_GRACE_SECONDS": "0.2",
        "RATE_LIMIT_PER_MINUTE": "0",  # tests are in a hurry
        "PUERTO_LOGIN_LIMIT_PER_MINUTE": "0",
    }
    if model is not None:
        given["PUERTO_PROVIDER"] = model.provider
    _give_database(folder)
    container = build(
        load_settings(given, None),
        clock=clock,
        environ=dict(os.environ),
        passwords=ArgonPasswords(CHEAPEST),
        plugin_clients=http,
        in_place_of=partial(RecordedToolbox, model) if isinstance(model, ScriptedModel) else None,
        more_models={} if model is None else {model.provider: Provider(lambda: model, "test")},
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_serving(container, plugins or {})) as served,
        httpx2.Client(base_url=served.url, trust_env=False) as client,
    ):
        client.headers["Authorization"] = f"Bearer {served.token}"
        yield PuertoService(portal, container, served, client)


def _give_database(folder: Path) -> None:
    """Put a migrated, empty database into the folder, if it has none."""
    file = folder / _DATABASE
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    """Return the file of a migrated, empty database: to make it takes most of a second."""
    from adapters.persistence import migrate

    with tempfile.TemporaryDirectory() as folder, start_blocking_portal() as portal:
        file = Path(folder) / _DATABASE
        portal.call(migrate, f"sqlite://{file}")
        return file.read_bytes()


@dataclass(frozen=True, slots=True)
class _Served:
    url: str
    token: str
    user: User
    client: "EmbeddedClient"


@asynccontextmanager
async def _serving(
    container: "Container", plugins: Mapping[str, object]
) -> AsyncGenerator[_Served, None]:
    from entrypoints.cli.clients.embedded import EmbeddedClient
    from entrypoints.server.in_process import in_process_server
    from entrypoints.server.lifecycle import running

    _take_in(container, plugins)
    async with running(container, lambda _: None) as services:
        _require_active(services, plugins)
        password = secrets.token_urlsafe()
        email = f"{USERNAME}@example.org"
        user = await services.authentication.add_user(
            USERNAME, email, "Ada Lovelace", password, Role.ADMIN
        )
        grant = await services.authentication.login(USERNAME, password)
        async with in_process_server(services) as url:
            yield _Served(url, grant.access_token, user, EmbeddedClient(services, user))


def _take_in(container: "Container", plugins: Mapping[str, object]) -> None:
    from plugins.host.discovery import candidates

    installed = {candidate.name for candidate in candidates()} if plugins else set()
    for name, plugin in plugins.items():
        if name not in installed:
            container.plugins().host.register(plugin, name)


def _require_active(services: "Services", plugins: Mapping[str, object]) -> None:
    for info in services.plugin_service.plugins():
        if info.name in plugins and info.reason:
            raise Unavailable(f"The plugin {info.name} does not work as it is: {info.reason}.")

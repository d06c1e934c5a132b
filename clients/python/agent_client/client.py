"""The clients: `AgentClient` blocks, `AsyncAgentClient` is awaited; all else is the same."""

import copy
import os
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Final, Generic, Self, TypedDict, TypeVar, Unpack

import httpx2

from agent_client._core import Core, Options
from agent_client._login import Credentials, Login, Token
from agent_client._replies import OnConsent
from agent_client._transport import AwaitingTransport, BlockingTransport, Transport
from agent_client.errors import AgentClientError
from agent_client.resources import (
    AsyncChat,
    AsyncConsents,
    AsyncConversations,
    AsyncRuns,
    AsyncTools,
    Chat,
    Consents,
    Conversations,
    Runs,
    Tools,
)

Http = TypeVar("Http", httpx2.Client, httpx2.AsyncClient)

DEFAULT_URL: Final = "http://127.0.0.1:8000"


class OptionChanges(TypedDict, total=False):
    """What `with_options` changes; the rest stays as it is."""

    timeout: float
    max_retries: int
    reconnect_seconds: float
    idempotency_key: str | None
    on_consent: OnConsent | None


class _Client(Generic[Http]):
    _new_http: Callable[[], Http]
    _new_transport: Callable[[Http], Transport]

    def __init__(
        self,
        *,
        api_key: str | None = None,
        token: str | None = None,
        username: str | None = None,
        password: str | None = None,
        base_url: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
        reconnect_seconds: float = 60.0,
        on_consent: OnConsent | None = None,
        http_client: Http | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Credentials are an ``api_key``, else a ``token``, else ``username`` and ``password`` (the
        client logs in, and renews its token), else the variable PUERTO_API_KEY. ``base_url``
        defaults to PUERTO_URL. ``timeout`` is in seconds. A call is tried ``max_retries`` times
        more; a stream that was cut for at most ``reconnect_seconds``. ``on_consent`` answers what
        runs ask. A ``http_client`` of your own stays open when the client is closed.

        Raises:
            AgentClientError: there are no credentials, or the address is none.

        """
        credentials = _credentials(api_key or token, username, password)
        self._http: Http = self._new_http() if http_client is None else http_client
        self._is_own = http_client is None
        options = Options(timeout, max_retries, reconnect_seconds, None, on_consent)
        self._use(Core(self._new_transport(self._http), _address(base_url), credentials, options))

    def _use(self, core: Core) -> None:
        self._core = core

    def with_options(self, **changes: Unpack[OptionChanges]) -> Self:
        """Return a client with other options, over the same connections and login.

        ``idempotency_key`` is for one call: a program that makes it again, also after a restart,
        gets the first answer, and nothing is done twice.
        """
        other = copy.copy(self)
        other._use(  # noqa: SLF001  it is one of ours
            self._core.with_options(replace(self._core.options, **changes))
        )
        return other


class AgentClient(_Client[httpx2.Client]):
    """A client that blocks. It may be shared by threads."""

    _new_http = httpx2.Client
    _new_transport = BlockingTransport

    def _use(self, core: Core) -> None:
        super()._use(core)
        self.chat = Chat(core)
        self.conversations = Conversations(core)
        self.runs = Runs(core)
        self.tools = Tools(core)
        self.consents = Consents(core)

    def close(self) -> None:
        """Close the connections, those of clients made by `with_options` too."""
        if self._is_own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncAgentClient(_Client[httpx2.AsyncClient]):
    """A client for asyncio."""

    _new_http = httpx2.AsyncClient
    _new_transport = AwaitingTransport

    def _use(self, core: Core) -> None:
        super()._use(core)
        self.chat = AsyncChat(core)
        self.conversations = AsyncConversations(core)
        self.runs = AsyncRuns(core)
        self.tools = AsyncTools(core)
        self.consents = AsyncConsents(core)

    async def close(self) -> None:
        """Close the connections, those of clients made by `with_options` too."""
        if self._is_own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _credentials(token: str | None, username: str | None, password: str | None) -> Credentials:
    if token:
        return Token(token)
    if username and password:
        return Login(username, password)
    if found := os.environ.get("PUERTO_API_KEY"):
        return Token(found)
    message = "Give api_key, token, or username and password; or set PUERTO_API_KEY."
    raise AgentClientError(message)


def _address(base_url: str | None) -> str:
    address = base_url or os.environ.get("PUERTO_URL") or DEFAULT_URL
    if not address.startswith(("http://", "https://")):
        raise AgentClientError(f"base_url must begin with http:// or https://, unlike {address}")
    return address.rstrip("/")

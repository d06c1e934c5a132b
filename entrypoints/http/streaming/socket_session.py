"""WebSocket sessions: admission, frames one after the other, and runs that are followed in tasks.

A face says what its frames are and what each of them does.
"""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

from quart import Websocket, g, websocket

from domain.accounts.identity import Identity
from domain.accounts.login_watch import WatchedLogin
from domain.accounts.users import User
from domain.limits.policy import LimitReached
from domain.shared.errors import PuertoError, Unauthenticated
from domain.shared.log_context import bind, log_failure
from domain.telemetry.traces import TRACEPARENT, bind_caller
from entrypoints.encoding import dump
from entrypoints.http.errors import status_and_code
from entrypoints.http.security.guard import request_id_of
from entrypoints.http.security.limits import count
from entrypoints.http.security.socket_admission import IdentityCheck, admit
from entrypoints.wiring.services import Services, services

Taken = TypeVar("Taken")

FLOOD: Final = 1000  # frames over the rate limit that are refused before the socket is closed
_POLICY_VIOLATION: Final = 1008
_INTERNAL_ERROR: Final = 1011

_log = logging.getLogger("puerto.http")
_access_log = logging.getLogger("puerto.access")


class CloseSocket(Exception):
    """The socket must be closed, with an error for the client."""

    def __init__(self, why: PuertoError) -> None:
        super().__init__(why.message)
        self.why = why


class SocketSession(ABC, Generic[Taken]):
    """A WebSocket session of one client: handles its frames one after the other.

    A face's own session reads frames (`read`), handles them (`handle`), and tells of errors
    (`refusal`). ``check`` is None as long as nobody has logged in.
    """

    def __init__(
        self, current: Websocket, all_services: Services, check: IdentityCheck | None
    ) -> None:
        self._socket = current
        self._services = all_services
        self._identity_check = check
        self._login: WatchedLogin | None = None
        self._refused = 0  # frames over the rate limit

    @abstractmethod
    def read(self, data: str | bytes) -> Taken:
        """Parse a client's message as a frame.

        Raises:
            InvalidRequest: it is none.

        """

    @abstractmethod
    async def handle(self, frame: Taken) -> None:
        """Do what a frame asks for.

        Raises:
            PuertoError: it cannot be done; the client is told.

        """

    @abstractmethod
    def refusal(self, error: PuertoError) -> dict[str, Any]:
        """Return the frame that tells of an error outside of any run."""

    @abstractmethod
    async def close(self) -> None:
        """End what goes on for the client: the socket is closed, or will be."""

    async def welcome(self) -> None:
        """Let the client log in, before any frame is handled."""

    async def run(self) -> None:
        """Serve the socket until the client disconnects or the socket must be closed."""
        try:
            await self.welcome()
            await self._serve_login()
        except CloseSocket as closing:
            await self.send(self.refusal(closing.why))
            await self._socket.close(_POLICY_VIOLATION, closing.why.message)
        finally:
            await self.close()

    async def answer(self, handle: Callable[[Taken], Awaitable[None]]) -> None:
        """Receive a frame and handle it so; tell the client if that fails."""
        try:
            await handle(await self._receive())
        except PuertoError as error:
            if status_and_code(error)[0] >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log_failure(_log, "a frame failed", error)
            await self.send(self.refusal(error))

    async def send(self, data: dict[str, Any]) -> None:
        """Send a frame."""
        await self._socket.send(dump(data).decode())

    async def identity(self) -> Identity:
        """Return who the client is, now.

        Raises:
            Unauthenticated: the login is not valid any more.

        """
        assert self._identity_check is not None  # noqa: S101  set before any frame is handled
        return await self._identity_check()

    async def user(self) -> User:
        """Return whose frames these are.

        Raises:
            Unauthenticated: the login is not valid any more.

        """
        return (await self.identity()).user

    async def _serve_login(self) -> None:
        """Answer frames for as long as the login lasts."""
        login_watch = self._services.accounts.login_watch
        try:
            async with login_watch.during(await self.identity()) as self._login:
                while True:
                    await self.answer(self.handle)
        except Unauthenticated as over:
            raise CloseSocket(over) from over

    async def _receive(self) -> Taken:
        data = await self._socket.receive()
        try:
            await count(self._socket, await self._known())
        except LimitReached as error:
            self._refused += 1
            if self._refused > FLOOD:
                raise CloseSocket(error) from None
            raise
        return self.read(data)

    async def _known(self) -> Identity | None:
        """Return whose frames these are; None while nobody has logged in, or not any more."""
        try:
            return None if self._identity_check is None else await self._identity_check()
        except Unauthenticated:
            return None


SessionOf = Callable[[Websocket, Services, IdentityCheck | None], SocketSession[Any]]


async def serve(session_of: SessionOf, *, in_query: bool, is_closed: bool = False) -> None:
    """Serve the current WebSocket with a session of this kind.

    ``in_query`` allows the access token in the query. With ``is_closed`` nobody is admitted without
    credentials in the handshake.

    Raises:
        Forbidden: a web page of an origin that is not allowed opens the socket.
        Unauthenticated: the credentials are not valid, or missing where they must be there.
        LimitReached: there were too many requests.

    """
    all_services = services()
    current: Websocket = websocket._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  werkzeug's way to leave the proxy
    g.request_id = request_id_of(current.headers.get("X-Request-ID"))
    bind(request=g.request_id, worker=all_services.worker.id)
    bind_caller(current.headers.get(TRACEPARENT))
    try:
        identity_check = await _admitted(current, in_query=in_query, is_closed=is_closed)
    except PuertoError as error:
        _access_log.info("WEBSOCKET %s refused: %s", current.path, error)
        raise
    await current.accept()
    _access_log.info("WEBSOCKET %s opened", current.path)
    began = time.perf_counter()
    session = session_of(current, all_services, identity_check)
    try:
        await session.run()
    except Exception:  # noqa: BLE001  Quart would close the socket without an error
        _log.exception("a socket failed")
        await current.close(_INTERNAL_ERROR, "internal error")
    finally:
        elapsed = time.perf_counter() - began
        _access_log.info("WEBSOCKET %s closed after %.1fs", current.path, elapsed)


async def _admitted(current: Websocket, *, in_query: bool, is_closed: bool) -> IdentityCheck | None:
    """Admit a handshake (see `admit`), and count it like a request."""
    try:
        check = await admit(current, services(), in_query=in_query)
        if check is None and is_closed:
            raise Unauthenticated("Send credentials: ?token=<access token>, or as a header.")
    except PuertoError:
        await count(current, None)
        raise
    await count(current, None if check is None else await check())
    return check

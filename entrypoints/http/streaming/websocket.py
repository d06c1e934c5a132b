"""The WebSocket API: the same use cases and events as HTTP, several runs on one socket."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from quart import Blueprint, Websocket, g, websocket

from domain.accounts.identity import Identity
from domain.accounts.login_watch import WatchedLogin
from domain.accounts.users import User
from domain.limits.policy import LimitReached
from domain.runs.reader import OnDisconnect
from domain.shared.errors import (
    FieldProblem,
    InvalidRequest,
    PuertoError,
    Unauthenticated,
)
from domain.shared.idempotency import RequestKey
from domain.shared.log_context import bind, log_failure
from domain.telemetry.traces import TRACEPARENT, bind_caller
from entrypoints.encoding import dump
from entrypoints.http.errors import status_and_code
from entrypoints.http.idempotency import fingerprint
from entrypoints.http.security.connections import note_authenticated
from entrypoints.http.security.guard import request_id_of
from entrypoints.http.security.limits import count
from entrypoints.http.security.socket_admission import IdentityCheck, admit, by_token
from entrypoints.http.security.tickets import takes_ticket
from entrypoints.http.streaming.frames import (
    AuthFrame,
    CancelFrame,
    ChatFrame,
    ConsentFrame,
    FollowFrame,
    Frame,
    PingFrame,
    ResumeFrame,
    UnfollowFrame,
    read_frame,
)
from entrypoints.http.streaming.socket_streams import SocketStreams
from entrypoints.http.streaming.sse import error_frame
from entrypoints.wiring.services import Services, services

blueprint = Blueprint("websocket", __name__)

AUTH_SECONDS: Final = 10.0
FLOOD: Final = 1000  # frames over the rate limit that are refused before the socket is closed
_POLICY_VIOLATION: Final = 1008
_INTERNAL_ERROR: Final = 1011

_log = logging.getLogger("puerto.http")
_access_log = logging.getLogger("puerto.access")


@blueprint.websocket("/ws")
@takes_ticket
async def socket() -> None:
    """Talk in any of one's conversations."""
    await _serve(None)


@blueprint.websocket("/ws/chat/<conversation_id>")
@takes_ticket
async def conversation_socket(conversation_id: str) -> None:
    """Talk in one conversation; the access token may come as ``?token=``, too."""
    await _serve(conversation_id)


async def _serve(conversation_id: str | None) -> None:
    all_services = services()
    current: Websocket = websocket._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  werkzeug's way to leave the proxy
    g.request_id = request_id_of(current.headers.get("X-Request-ID"))
    bind(request=g.request_id, worker=all_services.worker.id)
    bind_caller(current.headers.get(TRACEPARENT))
    try:
        identity_check = await _admitted(current, in_query=conversation_id is not None)
    except PuertoError as error:
        _access_log.info("WEBSOCKET %s refused: %s", current.path, error)
        raise
    await current.accept()
    _access_log.info("WEBSOCKET %s opened", current.path)
    began = time.perf_counter()
    session = SocketSession(current, all_services, conversation_id, identity_check)
    try:
        await session.run()
    except Exception:  # noqa: BLE001  Quart would close the socket without an error
        _log.exception("a socket failed")
        await current.close(_INTERNAL_ERROR, "internal error")
    finally:
        elapsed = time.perf_counter() - began
        _access_log.info("WEBSOCKET %s closed after %.1fs", current.path, elapsed)


async def _admitted(current: Websocket, *, in_query: bool) -> IdentityCheck | None:
    """Admit a handshake (see `admit`), and count it like a request.

    Raises:
        Forbidden: a web page of an origin that is not allowed opens the socket.
        Unauthenticated: the credentials are not valid.
        LimitReached: there were too many requests.

    """
    try:
        check = await admit(current, services(), in_query=in_query)
    except PuertoError:
        await count(current, None)
        raise
    await count(current, None if check is None else await check())
    return check


class _CloseSocket(Exception):
    """The socket must be closed, with an error for the client."""

    def __init__(self, why: PuertoError) -> None:
        super().__init__(why.message)
        self.why = why


class SocketSession:
    """A WebSocket session: handles frames one after the other, and follows runs in tasks."""

    def __init__(
        self,
        current: Websocket,
        all_services: Services,
        conversation_id: str | None,
        check: IdentityCheck | None,
    ) -> None:
        self._socket = current
        self._services = all_services
        self._conversation_id = conversation_id
        self._identity_check = check
        self._login: WatchedLogin | None = None
        self._streams = SocketStreams(current, all_services, self._run_ended)
        self._dependent: dict[str, User] = {}  # runs that end with the socket, and whose they are
        self._refused = 0  # frames over the rate limit

    async def run(self) -> None:
        """Serve the socket until the client disconnects or the socket must be closed."""
        try:
            await self._welcome()
            await self._serve_login()
        except _CloseSocket as closing:
            await self._send(error_frame(closing.why))
            await self._socket.close(_POLICY_VIOLATION, closing.why.message)
        finally:
            await self._streams.close()
            await self._abandon()

    async def _serve_login(self) -> None:
        """Answer frames for as long as the login lasts."""
        login_watch = self._services.accounts.login_watch
        try:
            async with login_watch.during(await self._identity()) as self._login:
                while True:
                    await self._answer(self._handle)
        except Unauthenticated as over:
            raise _CloseSocket(over) from over

    def _run_ended(self, run_id: str) -> None:
        self._dependent.pop(run_id, None)

    async def _abandon(self) -> None:
        """Cancel the runs that were sent with ``on_disconnect: cancel``."""
        for run_id, user in self._dependent.items():
            await self._services.chat.abandon(user, run_id)

    async def _welcome(self) -> None:
        try:
            async with asyncio.timeout(AUTH_SECONDS):
                while self._identity_check is None:
                    await self._answer(self._authenticate)
        except TimeoutError:
            why = Unauthenticated(f"No auth frame came within {AUTH_SECONDS:g} seconds.")
            raise _CloseSocket(why) from None
        await self._send({"type": "ready"})

    async def _answer(self, handle: Callable[[Frame], Awaitable[None]]) -> None:
        try:
            await handle(await self._receive())
        except PuertoError as error:
            if status_and_code(error)[0] >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log_failure(_log, "a frame failed", error)
            await self._send(error_frame(error))

    async def _authenticate(self, frame: Frame) -> None:
        if not isinstance(frame, AuthFrame):
            raise Unauthenticated("Send {type: auth, token} first.")
        check = by_token(frame.token)
        user = (await check()).user
        bind(user=user.username, user_id=user.id)
        self._identity_check = check
        note_authenticated(self._socket.scope)

    async def _identity(self) -> Identity:
        assert self._identity_check is not None  # noqa: S101  set by `_welcome`
        return await self._identity_check()

    async def _receive(self) -> Frame:
        data = await self._socket.receive()
        try:
            await count(self._socket, await self._known())
        except LimitReached as error:
            self._refused += 1
            if self._refused > FLOOD:
                raise _CloseSocket(error) from None
            raise
        return read_frame(data)

    async def _known(self) -> Identity | None:
        """Return whose frames these are; None while nobody has logged in, or not any more."""
        try:
            return None if self._identity_check is None else await self._identity_check()
        except Unauthenticated:
            return None

    async def _send(self, data: dict[str, Any]) -> None:
        await self._socket.send(dump(data).decode())

    async def _handle(self, frame: Frame) -> None:
        match frame:
            case PingFrame():
                await self._send({"type": "pong"})
            case AuthFrame():
                await self._authenticate(frame)
                assert self._login is not None  # noqa: S101  set by `_serve_login`
                self._login.identity = await self._identity()
                await self._send({"type": "ready"})
            case ChatFrame():
                await self._chat(frame)
            case ResumeFrame():
                await self._resume(frame)
            case FollowFrame():
                await self._follow(frame)
            case UnfollowFrame():
                await self._streams.stop(self._conversation_of(frame))
            case CancelFrame():
                identity = await self._identity()
                await self._services.chat.cancel(identity.user, frame.run_id)
            case ConsentFrame():
                await self._consent(frame)

    async def _chat(self, frame: ChatFrame) -> None:
        user = (await self._identity()).user
        conversation_id = self._conversation_id or frame.conversation_id
        if not self._streams.follows(conversation_id):
            self._streams.require_room()
        key = self._key(user, frame)
        chat = self._services.chat
        started = await chat.send(
            user,
            frame.message,
            conversation_id,
            key,
            provider=frame.provider,
            model=frame.model,
            agent=frame.agent,
        )
        if OnDisconnect(frame.on_disconnect) is OnDisconnect.CANCEL:
            self._dependent[started.run_id] = user
        if not self._streams.follows(conversation_id):  # else its events come in that stream
            reader = await chat.follow(user, started.run_id, stay=True)
            await self._streams.stop(
                started.run_id
            )  # a repeated request gets the run from its start
            self._streams.follow_run(reader)

    async def _consent(self, frame: ConsentFrame) -> None:
        user = (await self._identity()).user
        key = self._key(user, frame)

        async def work() -> str:
            service = self._services.consent_service
            consent = await service.answer(user, frame.consent_request_id, frame.reply())
            reply = {"type": "consent", "consent_request_id": consent.id, "status": consent.status}
            return dump(reply).decode()

        text = await (work() if key is None else self._services.once.run(key, work))
        await self._socket.send(text)

    def _key(self, user: User, frame: ChatFrame | ConsentFrame) -> RequestKey | None:
        if frame.idempotency_key is None:
            return None
        body = frame.model_dump_json(exclude={"idempotency_key"}).encode()
        digest = fingerprint(f"frame {self._conversation_id}", body)
        return RequestKey(user.id, frame.idempotency_key, digest, self._services.clock.now())

    async def _resume(self, frame: ResumeFrame) -> None:
        user = (await self._identity()).user
        reader = await self._services.chat.follow(user, frame.run_id, frame.after, stay=True)
        await self._streams.stop(reader.run_id)
        self._streams.require_room()
        self._streams.follow_run(reader)

    async def _follow(self, frame: FollowFrame) -> None:
        user = (await self._identity()).user
        start = await self._services.feed.start(user, self._conversation_of(frame), frame.after)
        for replaced in (start.conversation_id, start.active_run_id):
            await self._streams.stop(replaced or "")
        self._streams.require_room()
        self._streams.follow_conversation(start, self._check)

    def _conversation_of(self, frame: FollowFrame | UnfollowFrame) -> str:
        conversation_id = self._conversation_id or frame.conversation_id
        if conversation_id is None:
            message = "Name the conversation to follow."
            raise InvalidRequest(message, [FieldProblem("conversation_id", message)])
        return conversation_id

    async def _check(self) -> None:
        await self._identity()

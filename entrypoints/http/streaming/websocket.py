"""The WebSocket API: the same use cases and events as HTTP, several runs on one socket."""

import asyncio
from functools import partial
from typing import Any, Final

from quart import Blueprint, Websocket
from typing_extensions import override

from domain.accounts.users import User
from domain.runs.reader import OnDisconnect
from domain.shared.errors import (
    FieldProblem,
    InvalidRequest,
    PuertoError,
    Unauthenticated,
)
from domain.shared.idempotency import RequestKey
from domain.shared.log_context import bind
from entrypoints.encoding import dump
from entrypoints.http.idempotency import fingerprint
from entrypoints.http.sampling import read_sampling
from entrypoints.http.security.connections import note_authenticated
from entrypoints.http.security.socket_admission import IdentityCheck, by_token
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
from entrypoints.http.streaming.socket_session import CloseSocket, SocketSession, serve
from entrypoints.http.streaming.socket_streams import SocketStreams
from entrypoints.http.streaming.sse import error_frame
from entrypoints.wiring.services import Services

blueprint = Blueprint("websocket", __name__)

AUTH_SECONDS: Final = 10.0


@blueprint.websocket("/ws")
@takes_ticket
async def socket() -> None:
    """Talk in any of one's conversations."""
    await serve(ChatSession, in_query=False)


@blueprint.websocket("/ws/chat/<conversation_id>")
@takes_ticket
async def conversation_socket(conversation_id: str) -> None:
    """Talk in one conversation; the access token may come as ``?token=``, too."""
    await serve(partial(ChatSession, conversation_id=conversation_id), in_query=True)


class ChatSession(SocketSession[Frame]):
    """A session in the service's own frames; bound to one conversation if it has an id."""

    def __init__(
        self,
        current: Websocket,
        all_services: Services,
        check: IdentityCheck | None,
        conversation_id: str | None = None,
    ) -> None:
        super().__init__(current, all_services, check)
        self._conversation_id = conversation_id
        self._streams = SocketStreams(current, all_services, self._run_ended)
        self._dependent: dict[str, User] = {}  # runs that end with the socket, and whose they are

    @override
    def read(self, data: str | bytes) -> Frame:
        return read_frame(data)

    @override
    def refusal(self, error: PuertoError) -> dict[str, Any]:
        return error_frame(error)

    @override
    async def close(self) -> None:
        """Stop the streams, and cancel the runs that were sent with ``on_disconnect: cancel``."""
        await self._streams.close()
        for run_id, user in self._dependent.items():
            await self._services.chat.abandon(user, run_id)

    @override
    async def welcome(self) -> None:
        try:
            async with asyncio.timeout(AUTH_SECONDS):
                while self._identity_check is None:
                    await self.answer(self._authenticate)
        except TimeoutError:
            why = Unauthenticated(f"No auth frame came within {AUTH_SECONDS:g} seconds.")
            raise CloseSocket(why) from None
        await self.send({"type": "ready"})

    def _run_ended(self, run_id: str) -> None:
        self._dependent.pop(run_id, None)

    async def _authenticate(self, frame: Frame) -> None:
        if not isinstance(frame, AuthFrame):
            raise Unauthenticated("Send {type: auth, token} first.")
        check = by_token(frame.token)
        user = (await check()).user
        bind(user=user.username, user_id=user.id)
        self._identity_check = check
        note_authenticated(self._socket.scope)

    @override
    async def handle(self, frame: Frame) -> None:
        match frame:
            case PingFrame():
                await self.send({"type": "pong"})
            case AuthFrame():
                await self._authenticate(frame)
                assert self._login is not None  # noqa: S101  set by `_serve_login`
                self._login.identity = await self.identity()
                await self.send({"type": "ready"})
            case ChatFrame():
                await self._chat(frame)
            case ResumeFrame():
                await self._resume(frame)
            case FollowFrame():
                await self._follow(frame)
            case UnfollowFrame():
                await self._streams.stop(self._conversation_of(frame))
            case CancelFrame():
                await self._services.chat.cancel(await self.user(), frame.run_id)
            case ConsentFrame():
                await self._consent(frame)

    async def _chat(self, frame: ChatFrame) -> None:
        user = await self.user()
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
            sampling=read_sampling(frame.sampling),
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
        user = await self.user()
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
        user = await self.user()
        reader = await self._services.chat.follow(user, frame.run_id, frame.after, stay=True)
        await self._streams.stop(reader.run_id)
        self._streams.require_room()
        self._streams.follow_run(reader)

    async def _follow(self, frame: FollowFrame) -> None:
        user = await self.user()
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
        await self.identity()

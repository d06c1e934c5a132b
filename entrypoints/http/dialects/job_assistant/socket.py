"""The dialect's WebSocket: messages in, the answer's text, calls and results out."""

from contextlib import aclosing
from typing import Any

from quart import Blueprint, Websocket
from typing_extensions import override

from domain.runs.reader import RunReader
from domain.shared.errors import PuertoError
from entrypoints.http.dialects.job_assistant.frames import (
    FRAMES,
    MessageFrame,
    RunFrames,
    SocketFrames,
    TextFrame,
)
from entrypoints.http.security.socket_admission import IdentityCheck
from entrypoints.http.security.tickets import takes_ticket
from entrypoints.http.streaming.socket_session import SocketSession, serve
from entrypoints.http.streaming.stream_tasks import StreamTasks
from entrypoints.wiring.services import Services

blueprint = Blueprint("job_assistant_socket", __name__)


@blueprint.websocket("/ws/chat")
@takes_ticket
async def text_socket() -> None:
    """Talk in the job assistant's frames; the access token comes as ``?token=`` or as a header."""
    await serve(TextSession, in_query=True, is_closed=True)


class TextSession(SocketSession[TextFrame]):
    """A session in the dialect's frames."""

    def __init__(
        self, current: Websocket, all_services: Services, check: IdentityCheck | None
    ) -> None:
        super().__init__(current, all_services, check)
        self._frames = SocketFrames()
        self._runs = StreamTasks()

    @override
    def read(self, data: str | bytes) -> TextFrame:
        return FRAMES.read(data)

    @override
    def refusal(self, error: PuertoError) -> dict[str, Any]:
        return {"type": "error", "error": error.message}

    @override
    async def close(self) -> None:
        """Stop the streams; the runs go on."""
        await self._runs.close()

    @override
    async def handle(self, frame: TextFrame) -> None:
        if isinstance(frame, MessageFrame):
            await self._answer_message(frame)
        else:
            await self.send({"type": "pong"})

    async def _answer_message(self, frame: MessageFrame) -> None:
        self._runs.require_room()
        user, chat = await self.user(), self._services.chat
        started = await chat.send(user, frame.message, frame.conversation_id)
        reader = await chat.follow(user, started.run_id, stay=True)
        self._runs.begin(started.run_id, self._forward(reader))

    async def _forward(self, reader: RunReader) -> None:
        """Send the events of a run to its end, those after a human's answer included."""
        encoder = RunFrames(self._frames)
        try:
            async with aclosing(reader.events()) as batches:
                async for events in batches:
                    for frame in encoder.frames(events):
                        await self._socket.send(frame.decode())
        except OSError:  # the client is gone, which ends the reading side, too
            return
        except PuertoError as error:
            await self.send(self.refusal(error))

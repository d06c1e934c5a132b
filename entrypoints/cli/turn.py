"""One question and its answer, which Ctrl-C cancels."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from entrypoints.cli.client import Client, Json

PAUSES: Final = (0.1, 0.3, 1.0, 3.0, 5.0, 5.0)  # seconds


@dataclass(slots=True)
class Turn:
    """What came of a question: filled in as the events come."""

    run_id: str = ""
    conversation_id: str | None = None
    status: str = "failed"
    answer: str = ""
    problem: str = ""
    requests: list[Json] = field(default_factory=list)  # of consent, in their order

    @property
    def is_waiting(self) -> bool:
        """Tell whether a human has to answer before the run goes on."""
        return self.status == "waiting_consent"

    def take(self, event: Json) -> None:
        """Learn from one event."""
        match event["type"]:
            case "run":
                self.run_id, self.conversation_id = event["run_id"], event["conversation_id"]
            case "consent_required":
                self.requests.append(event["consent_request"])
            case "message":
                self.answer = event["content"]
            case "error":
                self.problem = event["error"]["message"]
            case "done":
                self.status = event["status"]


async def take_turn(
    client: Client, text: str, conversation_id: str | None, show: Callable[[Json], None]
) -> Turn:
    """Ask, show each event, and return what came of it.

    Raises:
        KeyboardInterrupt: Ctrl-C before the run began, or a second one.

    """
    turn = Turn(conversation_id=conversation_id)
    await _listen(client, client.ask(text, conversation_id), turn, show)
    return turn


async def go_on(client: Client, turn: Turn, show: Callable[[Json], None]) -> None:
    """Listen on, where the run of the turn had to wait and a human has answered.

    Raises:
        KeyboardInterrupt: a second Ctrl-C; the first one cancels the run.

    """
    for pause in PAUSES:
        await _listen(client, client.go_on(), turn, show)
        if turn.requests or not turn.is_waiting:
            return
        await asyncio.sleep(pause)  # the answer is kept; a worker is about to take the run up


async def _listen(
    client: Client,
    events: AsyncGenerator[Json, None],
    turn: Turn,
    show: Callable[[Json], None],
) -> None:
    cancelling: list[asyncio.Task[None]] = []

    def cancel() -> None:
        cancelling.append(asyncio.create_task(client.cancel(turn.run_id)))

    with _interrupts(lambda: bool(turn.run_id), cancel):
        async with aclosing(events):
            async for event in events:
                turn.take(event)
                show(event)
    await asyncio.gather(*cancelling, return_exceptions=True)


@contextmanager
def _interrupts(is_ready: Callable[[], bool], first: Callable[[], None]) -> Iterator[None]:
    """Call ``first`` in the loop at the first Ctrl-C if it is ready; any other interrupts."""
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        if is_ready():
            loop.call_soon_threadsafe(first)
        elif callable(before):
            before(number, frame)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

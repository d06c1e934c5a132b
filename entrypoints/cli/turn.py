"""One question and its answer, which Ctrl-C cancels."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from types import FrameType

from entrypoints.cli.client import Client, Json


@dataclass(slots=True)
class Turn:
    """What came of a question: filled in as the events come."""

    run_id: str = ""
    conversation_id: str | None = None
    status: str = "failed"
    answer: str = ""
    problem: str = ""

    def take(self, event: Json) -> None:
        """Learn from one event."""
        match event["type"]:
            case "run":
                self.run_id, self.conversation_id = event["run_id"], event["conversation_id"]
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
    cancelling: list[asyncio.Task[None]] = []

    def cancel() -> None:
        cancelling.append(asyncio.create_task(client.cancel(turn.run_id)))

    with _interrupts(lambda: bool(turn.run_id), cancel):
        async with aclosing(client.ask(text, conversation_id)) as events:
            async for event in events:
                turn.take(event)
                show(event)
    await asyncio.gather(*cancelling, return_exceptions=True)
    return turn


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

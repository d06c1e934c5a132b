"""One turn of a conversation: a question and the events of its answer."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from entrypoints.cli.clients.client import Client, Json

PAUSES: Final = (0.1, 0.3, 1.0, 3.0, 5.0, 5.0)  # seconds


@dataclass(slots=True)
class Turn:
    """The state of a question's run, updated by its events."""

    run_id: str = ""
    conversation_id: str | None = None
    status: str = "failed"
    answer: str = ""
    problem: str = ""
    requests: list[Json] = field(default_factory=list)  # of consent, in their order

    @property
    def is_waiting(self) -> bool:
        """Whether the run waits for consent."""
        return self.status == "waiting_consent"

    def take(self, event: Json) -> None:
        """Update the state by one event."""
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


async def go_on(client: Client, turn: Turn, show: Callable[[Json], None]) -> None:
    """Follow a run that had to wait for consent, after it was given, with pauses for the worker."""
    for pause in PAUSES:
        await listen(client.go_on(), turn, show)
        if turn.requests or not turn.is_waiting:
            return
        await asyncio.sleep(pause)  # a worker is about to take the run up


async def listen(
    events: AsyncGenerator[Json, None], turn: Turn, show: Callable[[Json], None]
) -> None:
    """Show each event, and update the turn by it."""
    async with aclosing(events):
        async for event in events:
            turn.take(event)
            show(event)

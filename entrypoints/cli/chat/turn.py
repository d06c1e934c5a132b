"""One question and its answer."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from entrypoints.cli.clients.client import Client, Json

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


async def go_on(client: Client, turn: Turn, show: Callable[[Json], None]) -> None:
    """Listen on, where the run of the turn had to wait and a human has answered."""
    for pause in PAUSES:
        await listen(client.go_on(), turn, show)
        if turn.requests or not turn.is_waiting:
            return
        await asyncio.sleep(pause)  # the answer is kept; a worker is about to take the run up


async def listen(
    events: AsyncGenerator[Json, None], turn: Turn, show: Callable[[Json], None]
) -> None:
    """Show each event, and fill in what it tells."""
    async with aclosing(events):
        async for event in events:
            turn.take(event)
            show(event)

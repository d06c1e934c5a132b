"""Reading of the events of one turn of a conversation."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from entrypoints.chat_turn import ChatTurn
from entrypoints.cli.clients.client import Client, Json

PAUSES: Final = (0.1, 0.3, 1.0, 3.0, 5.0, 5.0)  # seconds


async def go_on(client: Client, turn: ChatTurn, show: Callable[[Json], None]) -> None:
    """Follow a run that had to wait for consent, after it was given, with pauses for the worker."""
    for pause in PAUSES:
        await listen(client.go_on(), turn, show)
        if turn.requests or not turn.is_waiting:
            return
        await asyncio.sleep(pause)  # a worker is about to take the run up


async def listen(
    events: AsyncGenerator[Json, None], turn: ChatTurn, show: Callable[[Json], None]
) -> None:
    """Show each event, and update the turn by it."""
    async with aclosing(events):
        async for event in events:
            turn.take(event)
            show(event)

"""Reading a run: whole, to go on with it, or as it happens, to follow it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Final

from domain.cursors import Cursor
from domain.events import Ended, Event
from domain.live import LiveRuns
from domain.ports.runs import RunLog, Runs
from domain.runs import Run, fold

POLL_SECONDS: Final = 0.25

_READ_LIMIT: Final = 2_000


async def load_run(log: RunLog, run_id: str, attempt: int) -> Run:
    """Return the run that the stored events add up to, in the hands of this attempt."""
    events: list[Event] = []
    while more := await log.read(run_id, _after(events), _READ_LIMIT):
        events.extend(more)
    return replace(fold(run_id, events), attempt=attempt)


async def follow(
    run_id: str, after: Cursor | None, *, runs: Runs, log: RunLog, live: LiveRuns
) -> AsyncGenerator[Sequence[Event], None]:
    """Yield a run's events after the cursor as they come, in batches, to its end.

    Events of a run driven in this process come at once; others as soon as they are stored.

    Raises:
        NotFound: the run was deleted meanwhile.

    """
    while True:
        shared = live.get(run_id)
        while shared is not None and (events := shared.since(after)) is not None:
            if events:
                yield events
                if isinstance(events[-1].body, Ended):
                    return
                after = _after(events)
            elif shared.is_closed:
                break
            else:
                await shared.wait()
        events = await log.read(run_id, after, _READ_LIMIT)
        if events:
            yield events
            if isinstance(events[-1].body, Ended):
                return
            after = _after(events)
        elif live.get(run_id) is None:
            if (await runs.get(run_id)).status.is_final:
                return
            await asyncio.sleep(POLL_SECONDS)


def _after(events: Sequence[Event]) -> Cursor | None:
    return Cursor(events[-1].attempt, events[-1].number) if events else None

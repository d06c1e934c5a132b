"""Ending a run that nothing else can end: it cannot be read, or its end cannot be stored."""

from datetime import datetime
from typing import Final

from domain.cursors import Cursor
from domain.events import Ended, Erred
from domain.llm import StopReason
from domain.ports.runs import Ending, RunLog
from domain.runs import RunStatus

INTERNAL: Final = Erred(
    "INTERNAL", "The run failed for a reason of the service's own. It is logged.", {}
)

_READ_LIMIT: Final = 2_000


async def fail_run(log: RunLog, run_id: str, attempt: int, now: datetime) -> None:
    """Store that the run failed, after whatever is stored of it, without looking at that.

    Raises:
        LeaseLost: another worker drives the run now, or it has ended.
        Unavailable: the database does not answer.

    """
    last = Cursor(0, 0)
    while events := await log.read(run_id, last, _READ_LIMIT):
        last = Cursor(events[-1].attempt, events[-1].number)
    ended = Ended(RunStatus.FAILED, StopReason.END, 0, 0)
    ending = Ending(RunStatus.FAILED, None, now)
    await log.append(run_id, attempt, last.number + 1, [INTERNAL, ended], ending=ending)

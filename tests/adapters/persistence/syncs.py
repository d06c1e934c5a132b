"""Prints, as JSON, how often each step of a run syncs the file of the database.

Run as a process of its own, with ``tests/support/power_cut.c`` in LD_PRELOAD.
"""

import asyncio
import ctypes
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta

from adapters.persistence import Database, Store, migrate
from domain.consents.consent import ConsentDecision, ConsentStatus
from domain.execution.questions import requested
from domain.monitoring.ports import WorkerHeartbeat
from domain.runs.call_events import ToolFinished, ToolStarted
from domain.runs.events import Chunk
from domain.telemetry.measurements import Sample
from tests.adapters.persistence.stores import DONE, NOW, a_consent, a_run, a_user, an_ending, reply

_times_synced = ctypes.CDLL(None).times_synced


async def count(url: str) -> dict[str, int]:
    """Take a run from its question to its end; return the syncs of each step, by its name."""
    await migrate(url)
    database = Database(url)
    await database.start()
    try:
        return await _counted(Store(database))
    finally:
        await database.close()


async def _counted(store: Store) -> dict[str, int]:
    user = a_user()
    await store.users.add(user, "hashed")
    run = a_run(user.id)
    consent = a_consent(run)
    answer = ConsentDecision(ConsentStatus.APPROVED)
    log = store.log
    beat = WorkerHeartbeat("w1", NOW, NOW, 1, 0, {})
    steps: dict[str, Callable[[], Awaitable[object]]] = {
        "message accepted": lambda: store.runs.start(run, 10),
        "pieces of text": lambda: log.append(run.id, 1, 2, [Chunk("4"), Chunk("2")]),
        "consent requested": lambda: log.append(
            run.id, 1, 4, [requested(consent)], consents=[consent]
        ),
        "consent answered": lambda: reply(store, user.id, consent.id, answer, NOW),
        "call started": lambda: log.append(run.id, 1, 5, [ToolStarted("c1")]),
        "lease renewed": lambda: store.leases.renew("w1", [run.id], NOW + timedelta(minutes=9)),
        "heartbeat": lambda: store.heartbeats.beat(
            beat, {"messages": 1}, {Sample("x_total", (), ""): 1.0}
        ),
        "call finished": lambda: log.append(run.id, 1, 6, [ToolFinished("c1", "write", 42, 1.0)]),
        "run ended": lambda: log.append(run.id, 1, 7, [DONE], ending=an_ending(run)),
    }
    counted = {}
    for name, step in steps.items():
        before = _times_synced()
        await step()
        counted[name] = _times_synced() - before
    return counted


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(count(sys.argv[1]))))

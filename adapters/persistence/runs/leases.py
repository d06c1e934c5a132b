"""The repository of leases, which are columns of the runs."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.database import ROW_LOCK, Database
from adapters.persistence.engine.id_lists import each_id, list_of_ids
from adapters.persistence.engine.leasing import FREE, claim_statement
from adapters.persistence.engine.signals import events_notification, work_notification
from domain.consents.consent import ConsentStatus
from domain.runs.ports import Backlog, Leases
from domain.runs.states import RunStatus
from domain.shared.errors import LeaseLost

_RENEW: Final = """
    UPDATE runs SET leased_until = $2
    WHERE id IN (SELECT {each}) AND worker_id = $1 AND leased_until > $3
    RETURNING id, cancel_requested
"""
_DRIVEN: Final = "SELECT id FROM runs WHERE id = $1 AND attempt = $2 AND finished_at IS NULL"
_PARK: Final = f"""
    UPDATE runs SET status = '{RunStatus.WAITING_CONSENT}', leased_until = NULL
    WHERE id = $1 AND NOT cancel_requested AND $2 >=
        (SELECT count(*) FROM consents WHERE run_id = $1 AND status <> 'waiting')
    RETURNING id
"""  # noqa: S608  made of constants
_RELEASE: Final = """
    UPDATE runs SET leased_until = $3
    WHERE id = $1 AND attempt = $2 AND leased_until IS NOT NULL
    RETURNING id
"""
_FREE: Final = """
    UPDATE runs SET leased_until = $2
    WHERE worker_id = $1 AND leased_until > $2 AND finished_at IS NULL
    RETURNING id
"""

_BACKLOG: Final = f"""
    SELECT (SELECT count(*) FROM runs WHERE leased_until < $1) AS queued,
        (SELECT count(*) FROM consents WHERE status = '{ConsentStatus.WAITING}') AS consents
"""  # noqa: S608  made of constants


class TortoiseLeases(Leases):
    """The repository of leases."""

    def __init__(self, database: Database) -> None:
        self._database = database
        engine = database.engine
        claim = partial(
            claim_statement, engine, "runs", "id, attempt", also=f", status = '{RunStatus.RUNNING}'"
        )
        self._claim = claim()
        self._claim_of_one = claim(where="AND user_id = $5")
        self._renew = _RENEW.format(each=each_id(engine, "$4"))
        self._driven = _DRIVEN + ROW_LOCK[engine]
        self._park = _PARK + events_notification(engine, "id")
        self._release = _RELEASE + work_notification(engine)
        self._free = _FREE + work_notification(engine)

    @override
    async def renew(self, worker_id: str, run_ids: Sequence[str], until: datetime) -> Sequence[str]:
        ids = list_of_ids(self._database.engine, run_ids)
        rows = await self._database.fetch_unsynced(self._renew, worker_id, until, FREE, ids)
        return [str(row["id"]) for row in rows if row["cancel_requested"]]

    @override
    async def claim(
        self,
        worker_id: str,
        now: datetime,
        until: datetime,
        limit: int,
        user_id: str | None = None,
    ) -> Sequence[tuple[str, int]]:
        values = [worker_id, now, until, limit]
        if user_id is None:
            rows = await self._database.fetch(self._claim, *values)
        else:
            rows = await self._database.fetch(self._claim_of_one, *values, user_id)
        return [(str(row["id"]), row["attempt"]) for row in rows]

    @override
    async def park(self, run_id: str, attempt: int, answers: int) -> bool:
        async def work() -> bool:
            # Two statements: the second sees answers whose commit the first waited for.
            if not await self._database.fetch(self._driven, run_id, attempt):
                raise LeaseLost("Another worker drives the run, or it has ended.")
            return bool(await self._database.fetch(self._park, run_id, answers))

        return await self._database.unit_of_work.run(work)

    @override
    async def release(self, run_id: str, attempt: int) -> None:
        await self._database.fetch(self._release, run_id, attempt, FREE)

    @override
    async def free(self, worker_id: str) -> int:
        return len(await self._database.fetch(self._free, worker_id, FREE))

    @override
    async def backlog(self, now: datetime) -> Backlog:
        (row,) = await self._database.fetch(_BACKLOG, now)
        return Backlog(row["queued"], row["consents"])

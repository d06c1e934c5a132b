"""The repository of deliveries: claimed by lease as runs are, in order within each lane."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import known_id, moment, storable
from adapters.persistence.engine.database import ROW_LOCK, Database
from adapters.persistence.engine.formats import NOTICE
from adapters.persistence.engine.id_lists import each_id, list_of_ids
from adapters.persistence.engine.inserting import insert
from adapters.persistence.engine.leasing import FREE, claim_statement
from adapters.persistence.engine.status_pages import status_page
from domain.shared.errors import NotFound
from domain.shared.paging import Page
from domain.webhooks.delivery import Delivery, DeliveryStatus, TryResult
from domain.webhooks.ports import Deliveries

_COLUMNS: Final = (
    "id",
    "webhook_id",
    "type",
    "lane",
    "data",
    "created_at",
    "status",
    "attempt",
    "worker_id",
    "leased_until",
    "tries",
    "error",
)
_FIRST_OF_LANE: Final = """
    AND webhook_id NOT IN (SELECT {each}) AND NOT EXISTS (
        SELECT 1 FROM deliveries AS earlier
        WHERE earlier.webhook_id = deliveries.webhook_id AND earlier.lane = deliveries.lane
            AND earlier.number < deliveries.number AND earlier.leased_until IS NOT NULL)
"""
# Whoever changes several deliveries of an endpoint locks the endpoint first, against deadlocks.
_ENDPOINT: Final = "SELECT failing_since FROM webhooks WHERE id = $1"
_RECORD: Final = """
    UPDATE deliveries SET status = $3, tries = tries + 1, answer = $4, error = $5,
        leased_until = $6, settled_at = $7, worker_id = ''
    WHERE id = $1 AND attempt = $2 AND leased_until IS NOT NULL RETURNING id
"""
_WAITING: Final = "webhook_id = $1 AND worker_id = '' AND leased_until IS NOT NULL"
_WAIT_LIKE_THE_FIRST: Final = f"""
    UPDATE deliveries SET leased_until = $3 WHERE {_WAITING} AND lane = $2 AND leased_until <> $3
"""  # noqa: S608  made of constants
_ALL_DUE: Final = f"UPDATE deliveries SET leased_until = $2 WHERE {_WAITING}"  # noqa: S608
_FAILED: Final = """
    UPDATE webhooks SET failing_since = coalesce(failing_since, $2) WHERE id = $1
    RETURNING failing_since
"""
_RECOVERED: Final = "UPDATE webhooks SET failing_since = NULL WHERE id = $1"
_RELEASE: Final = """
    UPDATE deliveries SET leased_until = $2, worker_id = ''
    WHERE worker_id = $1 AND leased_until IS NOT NULL
"""
_AGAIN: Final = f"""
    UPDATE deliveries SET status = '{DeliveryStatus.PENDING}', tries = 0, leased_until = $2,
        settled_at = NULL, answer = NULL, error = ''
"""  # noqa: S608  made of constants
_REDELIVER: Final = f"{_AGAIN} WHERE id = $1 AND worker_id = ''"
_REDELIVER_SINCE: Final = f"""
    {_AGAIN} WHERE webhook_id = $1 AND created_at >= $3 AND status = '{DeliveryStatus.PARKED}'
    RETURNING id
"""
_PARK_ALL: Final = f"""
    UPDATE deliveries SET status = '{DeliveryStatus.PARKED}', leased_until = NULL, worker_id = '',
        settled_at = $2, error = $3
    WHERE webhook_id = $1 AND leased_until IS NOT NULL
"""  # noqa: S608  made of constants
_GET: Final = "SELECT * FROM deliveries WHERE id = $1"
_PAGE: Final = "SELECT * FROM deliveries WHERE webhook_id = $1"
_PENDING: Final = "SELECT count(*) AS count FROM deliveries WHERE leased_until IS NOT NULL"


async def park_all(database: Database, webhook_id: str, at: datetime, error: str) -> None:
    """Park what is pending to an endpoint, whose row the transaction has locked."""
    await database.fetch(_PARK_ALL, webhook_id, at, error)


class TortoiseDeliveries(Deliveries):
    """The repository of deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        engine = database.engine
        self._claim_sql = claim_statement(
            engine, "deliveries", "*", where=_FIRST_OF_LANE.format(each=each_id(engine, "$5"))
        )
        self._endpoint_sql = _ENDPOINT + ROW_LOCK[engine]

    @override
    async def add(self, delivery: Delivery) -> None:
        await insert(self._database, "deliveries", _COLUMNS, [_values(delivery)])

    @override
    async def claim(
        self,
        worker_id: str,
        now: datetime,
        until: datetime,
        limit: int,
        *,
        busy: Collection[str] = (),
    ) -> Sequence[Delivery]:
        ids = list_of_ids(self._database.engine, list(busy))
        values = (worker_id, now, until, limit, ids)
        rows = await self._database.fetch_unsynced(self._claim_sql, *values)
        return [_delivery(row) for row in rows]

    @override
    async def record(
        self, delivery: Delivery, result: TryResult, next_try_at: datetime | None
    ) -> datetime | None:
        async def work() -> datetime | None:
            endpoint = await self._database.fetch(self._endpoint_sql, delivery.webhook_id)
            values = _result(delivery, result, next_try_at)
            if not await self._database.fetch(_RECORD, *values):
                return None
            has_failed = bool(endpoint) and endpoint[0]["failing_since"] is not None
            if result.is_success and has_failed:
                await self._database.fetch(_RECOVERED, delivery.webhook_id)
                await self._database.fetch(_ALL_DUE, delivery.webhook_id, FREE)
                return None
            lane = (delivery.webhook_id, delivery.lane, next_try_at or FREE)
            await self._database.fetch(_WAIT_LIKE_THE_FIRST, *lane)
            if result.is_success:
                return None
            failed = await self._database.fetch(_FAILED, delivery.webhook_id, result.at)
            return moment(failed[0]["failing_since"]) if failed else None

        # A power failure may undo it: the delivery is then sent once more.
        return await self._database.unit_of_work.run(work, synced=False)

    @override
    async def release(self, worker_id: str) -> None:
        await self._database.fetch(_RELEASE, worker_id, FREE)

    @override
    async def page(
        self, webhook_id: str, status: DeliveryStatus | None, limit: int, cursor: str | None
    ) -> Page[Delivery]:
        return await status_page(
            self._database,
            (_PAGE, webhook_id),
            status,
            limit,
            cursor,
            kind="deliveries",
            read=_delivery,
            place=lambda each: (each.created_at, each.id),
        )

    @override
    async def get(self, delivery_id: str) -> Delivery:
        rows = await self._database.fetch(_GET, known_id(delivery_id, "delivery"))
        if not rows:
            raise NotFound("There is no such delivery.")
        return _delivery(rows[0])

    @override
    async def redeliver(self, delivery_id: str) -> None:
        await self._database.fetch(_REDELIVER, delivery_id, FREE)

    @override
    async def redeliver_since(self, webhook_id: str, since: datetime) -> int:
        async def work() -> int:
            await self._database.fetch(self._endpoint_sql, webhook_id)
            return len(await self._database.fetch(_REDELIVER_SINCE, webhook_id, FREE, since))

        return await self._database.unit_of_work.run(work)

    @override
    async def pending(self) -> int:
        return int((await self._database.fetch(_PENDING))[0]["count"])


def _result(delivery: Delivery, result: TryResult, next_try_at: datetime | None) -> tuple[Any, ...]:
    if result.is_success:
        status = DeliveryStatus.DELIVERED
    else:
        status = DeliveryStatus.PARKED if next_try_at is None else DeliveryStatus.PENDING
    settled_at = result.at if next_try_at is None else None
    return (
        delivery.id,
        delivery.attempt,
        status,
        result.answer,
        storable(result.error),
        next_try_at,
        settled_at,
    )


def _values(delivery: Delivery) -> tuple[Any, ...]:
    return (
        delivery.id,
        delivery.webhook_id,
        delivery.type,
        delivery.lane,
        NOTICE.write(dict(delivery.data)),
        delivery.created_at,
        delivery.status,
        delivery.attempt,
        "",
        FREE,
        delivery.tries,
        delivery.error,
    )


def _delivery(row: Mapping[str, Any]) -> Delivery:
    return Delivery(
        id=str(row["id"]),
        webhook_id=str(row["webhook_id"]),
        type=row["type"],
        lane=row["lane"],
        data=NOTICE.readable(row["data"], {}),
        created_at=moment(row["created_at"]),
        status=DeliveryStatus(row["status"]),
        attempt=row["attempt"],
        tries=row["tries"],
        next_try_at=_moment(row["leased_until"]),
        settled_at=_moment(row["settled_at"]),
        answer=row["answer"],
        error=row["error"],
    )


def _moment(value: Any) -> datetime | None:
    return None if value is None else moment(value)

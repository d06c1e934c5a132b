"""The repository of budgets: what may be spent, what is spent, and what is held for steps."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import known_id, moment, storable
from adapters.persistence.engine.database import Database, Row
from adapters.persistence.engine.id_lists import list_of_rows, rows_of
from adapters.persistence.usage.settling import begins
from domain.shared.errors import NotFound
from domain.shared.list_cursors import keyset_page, read_place
from domain.shared.paging import Page
from domain.usage.budgets import (
    Amount,
    Budget,
    BudgetLimit,
    BudgetPeriod,
    BudgetScope,
    BudgetStanding,
)
from domain.usage.ports import Budgets

_ALL: Final = "SELECT * FROM budgets ORDER BY created_at, id"
# Two requests at once may store one budget more than the limit: it bounds a list, nothing else.
_PUT: Final = """
    INSERT INTO budgets (id, scope, subject, period, most_tokens, most_nano, created_at)
    SELECT CAST($1 AS {id}), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT),
        CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS {time})
    WHERE (SELECT COUNT(*) FROM budgets) < $8 OR EXISTS (
        SELECT 1 FROM budgets WHERE scope = $2 AND subject = $3 AND period = $4
    )
    ON CONFLICT (scope, subject, period) DO UPDATE
    SET most_tokens = excluded.most_tokens, most_nano = excluded.most_nano
    RETURNING id
"""
_TYPES: Final = {
    "sqlite": {"id": "TEXT", "time": "TEXT"},
    "postgresql": {"id": "UUID", "time": "TIMESTAMPTZ"},
}
_REMOVE: Final = "DELETE FROM budgets WHERE id = $1 RETURNING id"
_NEEDLESS: Final = """
    DELETE FROM budget_meters WHERE NOT EXISTS (
        SELECT 1 FROM budgets WHERE budgets.scope = budget_meters.scope
        AND budgets.period = budget_meters.period
        AND budgets.subject IN ('', budget_meters.subject)
    ) RETURNING id
"""
# A hold of an attempt that lost its lease, or of a run that has ended, holds nothing.
_HELD: Final = """
    SELECT meter_id, CAST(SUM(tokens) AS BIGINT) AS held_tokens,
        CAST(SUM(nano) AS BIGINT) AS held_nano
    FROM budget_holds JOIN runs ON runs.id = run_id AND runs.attempt = budget_holds.attempt
        AND runs.finished_at IS NULL
"""
_STANDING: Final = f"""
    SELECT budgets.*, {{begins}} AS today,
        CASE WHEN start = {{begins}} THEN spent_tokens ELSE 0 END AS spent_tokens,
        CASE WHEN start = {{begins}} THEN spent_nano ELSE 0 END AS spent_nano,
        COALESCE(held_tokens, 0) AS held_tokens, COALESCE(held_nano, 0) AS held_nano
    FROM budgets
    LEFT JOIN budget_meters ON budget_meters.scope = budgets.scope
        AND budget_meters.subject = budgets.subject AND budget_meters.period = budgets.period
    LEFT JOIN ({_HELD} GROUP BY meter_id) AS held ON held.meter_id = budget_meters.id
"""  # noqa: S608  made of constants
_AFTER: Final = " WHERE (budgets.created_at, budgets.id) < ($2, $3)"
_ORDER: Final = " ORDER BY budgets.created_at DESC, budgets.id DESC LIMIT $1"
# The row locks of the meters, taken in one order, let no two reserve the same room.
_METERS: Final = """
    INSERT INTO budget_meters (scope, subject, period, start, spent_tokens, spent_nano)
    SELECT bound.scope, bound.subject, bound.period, {begins}, 0, 0 FROM {bounds} AS bound
    WHERE TRUE ORDER BY bound.scope, bound.subject, bound.period
    ON CONFLICT (scope, subject, period) DO UPDATE SET
        spent_tokens = CASE WHEN budget_meters.start = excluded.start
            THEN budget_meters.spent_tokens ELSE 0 END,
        spent_nano = CASE WHEN budget_meters.start = excluded.start
            THEN budget_meters.spent_nano ELSE 0 END,
        start = excluded.start
    RETURNING id, scope, subject, period, start, spent_tokens, spent_nano
"""
_BOUND: Final = {"scope": "text", "subject": "text", "period": "text"}
_HELD_BY_OTHERS: Final = f"""
    {_HELD} WHERE run_id <> $1 AND meter_id IN (SELECT id FROM {{meters}} AS meters)
    GROUP BY meter_id
"""  # noqa: S608  made of constants
_HOLD: Final = """
    INSERT INTO budget_holds (run_id, meter_id, attempt, tokens, nano)
    SELECT CAST($1 AS {id}), id, CAST($3 AS INTEGER), CAST($4 AS BIGINT), CAST($5 AS BIGINT)
    FROM {meters} AS meters WHERE TRUE
    ON CONFLICT (run_id, meter_id) DO UPDATE
    SET attempt = excluded.attempt, tokens = excluded.tokens, nano = excluded.nano
    WHERE budget_holds.attempt <= excluded.attempt
    RETURNING id
"""
_METER: Final = {"id": "bigint"}


class TortoiseBudgets(Budgets):
    """The repository of budgets."""

    def __init__(self, database: Database) -> None:
        self._database = database
        engine = database.engine
        meters = rows_of(engine, "$2", _METER)
        self._put = _PUT.format(**_TYPES[engine])
        self._standing = _STANDING.format(begins=begins(engine, "budgets.period"))
        self._meters = _METERS.format(
            begins=begins(engine, "bound.period"), bounds=rows_of(engine, "$1", _BOUND)
        )
        self._held = _HELD_BY_OTHERS.format(meters=meters)
        self._hold = _HOLD.format(meters=meters, **_TYPES[engine])

    @override
    async def all(self) -> Sequence[Budget]:
        return [_budget(row) for row in await self._database.fetch(_ALL)]

    @override
    async def page(self, limit: int, cursor: str | None) -> Page[BudgetStanding]:
        place = () if cursor is None else read_place("budgets", cursor)
        sql = self._standing + (_AFTER if place else "") + _ORDER
        rows = await self._database.fetch(sql, limit + 1, *place)
        return keyset_page(
            "budgets", rows, limit, _standing, lambda each: (each.budget.created_at, each.budget.id)
        )

    @override
    async def get(self, budget_id: str) -> BudgetStanding:
        valid_id = known_id(budget_id, "budget")
        rows = await self._database.fetch(f"{self._standing} WHERE budgets.id = $1", valid_id)
        if not rows:
            raise _unknown()
        return _standing(rows[0])

    @override
    async def put(self, budget: Budget, *, most: int) -> str | None:
        rows = await self._database.fetch(
            self._put,
            budget.id,
            budget.scope,
            storable(budget.subject),
            budget.period,
            budget.limit.tokens,
            budget.limit.nano,
            budget.created_at,
            most,
        )
        return str(rows[0]["id"]) if rows else None

    @override
    async def remove(self, budget_id: str) -> None:
        valid_id = known_id(budget_id, "budget")

        async def work() -> None:
            if not await self._database.fetch(_REMOVE, valid_id):
                raise _unknown()
            await self._database.fetch(_NEEDLESS)

        await self._database.unit_of_work.run(work)

    @override
    async def reserve(
        self, run_id: str, attempt: int, bounds: Sequence[tuple[Budget, str]], amount: Amount
    ) -> BudgetStanding | None:
        budgets = {(b.scope, storable(subject), b.period): b for b, subject in bounds}
        wanted = list_of_rows(
            {"scope": scope, "subject": subject, "period": period}
            for scope, subject, period in budgets
        )

        async def work() -> BudgetStanding | None:
            meters = await self._database.fetch(self._meters, wanted)
            ids = list_of_rows({"id": row["id"]} for row in meters)
            rows = await self._database.fetch(self._held, run_id, ids)
            held = {row["meter_id"]: _held(row) for row in rows}
            for row in meters:
                budget = budgets[row["scope"], row["subject"], row["period"]]
                standing = _of_meter(budget, row, held.get(row["id"], Amount()))
                if not standing.has_room_for(amount):
                    return standing
            values = (run_id, ids, attempt, amount.tokens, amount.nano)
            await self._database.fetch(self._hold, *values)
            return None

        # With a power failure the step ends, too, that it was held for.
        return await self._database.unit_of_work.run(work, synced=False)


def _of_meter(budget: Budget, row: Row, held: Amount) -> BudgetStanding:
    start = date.fromisoformat(row["start"])
    return BudgetStanding(budget, row["subject"], _spent(row), held, start)


def _standing(row: Any) -> BudgetStanding:
    start = date.fromisoformat(row["today"])
    return BudgetStanding(_budget(row), row["subject"], _spent(row), _held(row), start)


def _spent(row: Row) -> Amount:
    return Amount(row["spent_tokens"], row["spent_nano"])


def _held(row: Row) -> Amount:
    return Amount(row["held_tokens"], row["held_nano"])


def _budget(row: Row) -> Budget:
    return Budget(
        id=str(row["id"]),
        scope=BudgetScope(row["scope"]),
        subject=row["subject"],
        period=BudgetPeriod(row["period"]),
        limit=BudgetLimit(row["most_tokens"], row["most_nano"]),
        created_at=moment(row["created_at"]),
    )


def _unknown() -> NotFound:
    return NotFound("There is no such budget.")

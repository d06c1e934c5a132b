"""The data migration of the ledger: what runs used before it was there, from their events."""

import re
from collections import defaultdict
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations.schema_editor.base import BaseSchemaEditor

from adapters.persistence.engine.codec import storable
from adapters.persistence.runs.event_bodies import read_so_many
from adapters.persistence.usage.counting import COLUMNS, KEY
from domain.runs.events import RunStarted
from domain.usage.spending import AMOUNTS, NAME_LENGTH, Spending, spendings

_BATCH: Final = 500
_DAY: Final = {
    "sqlite": "substr(run_events.created_at, 1, 10)",
    "postgres": "to_char(run_events.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}
_EVENTS: Final = """
    SELECT run_id, first_number, last_number, bodies, user_id, {day} AS day
    FROM run_events JOIN runs ON runs.id = run_id {after}
    ORDER BY run_id, first_number LIMIT {batch}
"""
_AFTER: Final = "WHERE (run_id, first_number) > ($1, $2)"
_PLACES: Final = ", ".join(f"${place}" for place in range(1, len(KEY) + len(AMOUNTS) + 1))
_ADD: Final = f"INSERT INTO usage_days ({COLUMNS}) VALUES ({_PLACES})"  # noqa: S608


async def count_earlier_runs(_apps: object, editor: BaseSchemaEditor) -> None:
    """Add up what the stored events spent, run by run, each on the day it was stored."""
    client = editor.client
    used: dict[tuple[str, ...], Spending] = defaultdict(Spending)
    agent, last = "", tuple[Any, ...]()
    while rows := await _events_after(client, last):
        for row in rows:
            bodies = read_so_many(row["bodies"], row["last_number"] - row["first_number"] + 1)
            if isinstance(bodies[0], RunStarted):
                agent = storable(bodies[0].agent_name[:NAME_LENGTH])
            whose = (row["day"], str(row["user_id"]), "", agent)
            for spent in spendings(bodies):
                names = map(storable, (spent.provider, spent.model, spent.tool))
                key = (*whose, *names)
                used[key] = used[key].plus(spent)
        last = (str(rows[-1]["run_id"]), rows[-1]["first_number"])
    if used:
        amounts = [[*key, *(getattr(sum_, name) for name in AMOUNTS)] for key, sum_ in used.items()]
        await client.execute_many(_for(client, _ADD), amounts)


async def _events_after(client: BaseDBAsyncClient, last: tuple[Any, ...]) -> list[dict[str, Any]]:
    day = _DAY[client.capabilities.dialect]
    sql = _EVENTS.format(day=day, after=_AFTER if last else "", batch=_BATCH)
    return await client.execute_query_dict(_for(client, sql), list(last))


def _for(client: BaseDBAsyncClient, sql: str) -> str:
    """Return the statement with the placeholders of the client's engine."""
    return re.sub(r"\$(\d+)", r"?\1", sql) if client.capabilities.dialect == "sqlite" else sql

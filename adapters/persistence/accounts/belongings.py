"""What users own, table by table: deleted with them."""

from functools import partial
from typing import Final

from adapters.persistence.engine.database import Database
from adapters.persistence.usage.counting import FORGET_USER

_RUNS: Final = "SELECT id FROM runs WHERE user_id = $1"
_CONVERSATIONS: Final = "SELECT id FROM conversations WHERE user_id = $1"
_SESSIONS: Final = "SELECT id FROM sessions WHERE user_id = $1"
_KEYS: Final = "SELECT id FROM api_keys WHERE user_id = $1"
_BOUNDED: Final = f"""
    ((scope = 'user' AND subject IN (SELECT CAST(id AS TEXT) FROM users WHERE id = $1))
    OR (scope = 'key' AND subject IN (SELECT CAST(id AS TEXT) FROM ({_KEYS}) AS own))
    OR (scope = 'conversation'
        AND subject IN (SELECT CAST(id AS TEXT) FROM ({_CONVERSATIONS}) AS own)))
"""  # noqa: S608  made of constants

# Rows before those that they refer to, so that no deletion cascades to more than it counts.
BELONGINGS: Final = {
    "budget_holds": f"run_id IN ({_RUNS})",
    "budget_meters": _BOUNDED,
    "budgets": _BOUNDED,
    "run_events": f"run_id IN ({_RUNS})",
    "artifacts": "user_id = $1",
    "deliveries": "user_id = $1",
    "consents": "user_id = $1",
    "messages": f"conversation_id IN ({_CONVERSATIONS})",
    "runs": "user_id = $1",
    "conversations": "user_id = $1",
    "answers": "user_id = $1",
    "plugin_values": "owner = $1",
    "learned_api_keys": "owner = $1",
    "connected_accounts": "user_id = $1",
    "api_keys": "user_id = $1",
    "foreign_identities": "user_id = $1",
    "tickets": f"session_id IN ({_SESSIONS})",
    "pending_connections": f"session_id IN ({_SESSIONS})",
    "sessions": "user_id = $1",
    "password_resets": "user_id = $1",
}
"""Which rows of a table are a user's, $1."""

_NOBODY: Final = "00000000-0000-0000-0000-000000000000"
DISOWNED: Final = {"learned_apis": "user_id"}
"""The tables of what everybody has, and a user has brought: it stays, and forgets who did."""

MERGED: Final = {"usage_days": FORGET_USER}
"""The tables of amounts, which stay and become nobody's, each with the statements for that."""

KEPT: Final = {
    "audit": "decisions outlive who made them, to the age that operators set",
    "logs": "records go at their age, and when newer ones need their place",
}
"""The tables that name users who are gone, and why."""

_SOME: Final = "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {whose} LIMIT $2)"
_ALL: Final = "DELETE FROM {table} WHERE {whose}"
_DISOWN: Final = "UPDATE {table} SET {column} = $2 WHERE {column} = $1"
_COUNTED: Final = " RETURNING id"


async def remove_belongings(database: Database, user_id: str, most: int | None = None) -> bool:
    """Delete what a user owns, at most so many rows of one table; tell whether that was all.

    Each table is a statement of its own: a transaction if the caller has none.
    """
    for table, whose in BELONGINGS.items():
        sql = (_ALL if most is None else _SOME).format(table=table, whose=whose) + _COUNTED
        values = (user_id,) if most is None else (user_id, most)
        removed = await database.fetch(sql, *values)
        if most is not None and len(removed) >= most:
            return False
    for table, column in DISOWNED.items():
        sql = _DISOWN.format(table=table, column=column) + _COUNTED
        await database.fetch(sql, user_id, _NOBODY)
    await database.unit_of_work.run(partial(_merge, database, user_id))
    return True


async def _merge(database: Database, user_id: str) -> None:
    for statements in MERGED.values():
        for statement in statements:
            await database.fetch(statement, user_id)

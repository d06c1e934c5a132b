"""The writes that count what a run's events spend, in the statement that stores the events."""

from collections.abc import Sequence
from typing import Final

from adapters.persistence.engine.codec import storable
from adapters.persistence.engine.database import Engine
from adapters.persistence.engine.id_lists import list_of_rows, rows_of
from adapters.persistence.engine.statements import Write
from domain.usage.spending import AMOUNTS, Spending

# The database's clock says what day it is, in UTC.
TODAY: Final[dict[Engine, str]] = {
    "postgresql": "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    "sqlite": "date('now')",
}
KEY: Final = ("day", "user_id", "key_id", "agent", "provider", "model", "tool")
COLUMNS: Final = ", ".join((*KEY, *AMOUNTS))
_NAMES: Final = ("provider", "model", "tool")
SPENT: Final = dict.fromkeys(_NAMES, "text") | dict.fromkeys(AMOUNTS, "bigint")
ADDED: Final = f"""
    ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET
    {", ".join(f"{name} = usage_days.{name} + excluded.{name}" for name in AMOUNTS)}
"""
# Sorted, so that two transactions that count in the same rows lock them in the same order.
_COUNT: Final = f"""
    INSERT INTO usage_days ({COLUMNS})
    SELECT {{today}}, CAST(runs.user_id AS TEXT), COALESCE(CAST(runs.key_id AS TEXT), ''),
        COALESCE(runs.agent, ''), {", ".join(f"spent.{name}" for name in (*_NAMES, *AMOUNTS))}
    FROM runs JOIN run ON run.id = runs.id CROSS JOIN {{spent}} AS spent
    WHERE TRUE ORDER BY spent.provider, spent.model, spent.tool
    {ADDED}
"""  # noqa: S608  made of constants
FORGET_USER: Final = (
    f"""
    INSERT INTO usage_days ({COLUMNS})
    SELECT day, '', '', agent, provider, model, tool, {", ".join(f"SUM({n})" for n in AMOUNTS)}
    FROM usage_days WHERE user_id = $1
    GROUP BY day, agent, provider, model, tool
    ORDER BY day, agent, provider, model, tool
    {ADDED}
    """,  # noqa: S608  made of constants
    "DELETE FROM usage_days WHERE user_id = $1",
)
"""The statements that keep a user's amounts, and forget whose they were."""


def counting(engine: Engine, place: int) -> Sequence[Write]:
    """Return the writes that count the spending bound at ``$place``, after one called `run`."""
    spent = rows_of(engine, f"${place}", SPENT)
    return (Write("counted", _COUNT.format(today=TODAY[engine], spent=spent)),)


def write_spendings(spent: Sequence[Spending]) -> str:
    """Serialize what was spent, to be bound to the writes."""
    return list_of_rows(map(_row, spent))


def _row(spent: Spending) -> dict[str, str | int]:
    names = {name: storable(getattr(spent, name)) for name in _NAMES}
    return names | {name: getattr(spent, name) for name in AMOUNTS}

"""The writes that add what a step took to its budgets, and free what was held for it.

They stand in the statement that stores the step's events. Meters are locked in one order, here and
where a budget is reserved from (`budgets`), against deadlocks.
"""

from collections.abc import Sequence
from typing import Final

from adapters.persistence.engine.database import Engine
from adapters.persistence.engine.id_lists import rows_of
from adapters.persistence.engine.statements import Write
from adapters.persistence.usage.counting import SPENT, TODAY

_MONTH: Final[dict[Engine, str]] = {
    "postgresql": "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'YYYY-MM-01')",
    "sqlite": "date('now', 'start of month')",
}
_OF_RUN: Final = """
    SELECT budget_meters.id FROM run JOIN runs ON runs.id = run.id JOIN budget_meters ON (
        (scope = 'user' AND subject = CAST(runs.user_id AS TEXT))
        OR (scope = 'key' AND subject = CAST(runs.key_id AS TEXT))
        OR (scope = 'conversation' AND subject = CAST(runs.conversation_id AS TEXT))
        OR (scope = 'agent' AND subject = runs.agent)
    )
"""
_LOCKED: Final = " ORDER BY scope, subject, period FOR UPDATE OF budget_meters"
# A meter of an earlier period starts anew.
_SPEND: Final = """
    UPDATE budget_meters SET
        spent_tokens = total.tokens + CASE WHEN start = {begins} THEN spent_tokens ELSE 0 END,
        spent_nano = total.nano + CASE WHEN start = {begins} THEN spent_nano ELSE 0 END,
        start = {begins}
    FROM metered, (
        SELECT CAST(SUM(input_tokens + output_tokens) AS BIGINT) AS tokens,
            CAST(SUM(cost_nano) AS BIGINT) AS nano
        FROM {spent} AS spent
    ) AS total
    WHERE budget_meters.id = metered.id
"""
FORGET_CONVERSATION: Final = tuple(
    f"DELETE FROM {table} WHERE scope = 'conversation' AND subject = $1 RETURNING id"  # noqa: S608
    for table in ("budgets", "budget_meters")
)
"""The statements that delete the budgets of a conversation, and what is spent of them."""
RELEASED: Final = Write("released", "DELETE FROM budget_holds WHERE run_id = (SELECT id FROM run)")
"""The write that frees what is held for the run of a write called `run`."""


def begins(engine: Engine, period: str = "period") -> str:
    """Return the SQL of the first day of the period of today, by the database's clock."""
    return f"CASE {period} WHEN 'day' THEN {TODAY[engine]} ELSE {_MONTH[engine]} END"


def settling(engine: Engine, place: int) -> Sequence[Write]:
    """Return the writes that settle the spending bound at ``$place``, after one called `run`."""
    spend = _SPEND.format(begins=begins(engine), spent=rows_of(engine, f"${place}", SPENT))
    return (
        Write("metered", _OF_RUN + _LOCKED, _OF_RUN, is_lock=True),
        Write("settled", spend),
        RELEASED,
    )

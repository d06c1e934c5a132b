"""The repository of the usage ledger, for reports; runs' events write it (`counting`)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.database import Database, Row
from domain.usage.ports import UsageLedger
from domain.usage.report import UsageGroup, UsageLine, UsageQuery, UsageReport
from domain.usage.spending import AMOUNTS, Spending

# The columns of a group, and which rows are about it.
_GROUPS: Final[Mapping[UsageGroup, tuple[str, str]]] = {
    UsageGroup.USER: ("user_id", ""),
    UsageGroup.MODEL: ("provider, model", "AND tool = ''"),
    UsageGroup.TOOL: ("tool", "AND tool <> ''"),
    UsageGroup.DAY: ("day", ""),
    UsageGroup.AGENT: ("agent", ""),
    UsageGroup.KEY: ("key_id", ""),
}
_SUMS: Final = ", ".join(f"CAST(COALESCE(SUM({name}), 0) AS BIGINT) AS {name}" for name in AMOUNTS)
_ROWS: Final = "FROM usage_days WHERE day >= $1 AND day <= $2 {whose} {which}"
_TOTAL: Final = f"SELECT {_SUMS} {_ROWS}"
_DEAREST: Final = "SUM(cost_nano) DESC, SUM(input_tokens + output_tokens) DESC, SUM(calls) DESC"
_LINES: Final = f"""
    SELECT groups.*, users.username FROM (
        SELECT {{columns}}, {_SUMS}, ROW_NUMBER() OVER (ORDER BY {{order}}) AS place
        {_ROWS} GROUP BY {{columns}}
    ) AS groups LEFT JOIN users ON {{user}}
    WHERE place > $3 ORDER BY place LIMIT $4
"""  # noqa: S608  made of constants


class TortoiseUsageLedger(UsageLedger):
    """The repository of the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def report(self, query: UsageQuery) -> UsageReport:
        columns, which = _GROUPS[query.group]
        days = (query.first.isoformat(), query.last.isoformat())
        whose = () if query.user_id is None else (query.user_id,)
        of_users = query.group is UsageGroup.USER
        lines = _LINES.format(
            columns=columns,
            which=which,
            whose="AND user_id = $5" if whose else "",
            order="day DESC" if query.group is UsageGroup.DAY else f"{_DEAREST}, {columns}",
            user="CAST(users.id AS TEXT) = user_id" if of_users else "FALSE",
        )
        rows = await self._database.fetch(lines, *days, query.skip, query.limit + 1, *whose)
        total = _TOTAL.format(which=which, whose="AND user_id = $3" if whose else "")
        (sums,) = await self._database.fetch(total, *days, *whose)
        names = [each.strip() for each in columns.split(",")]
        return UsageReport([_line(row, names) for row in rows], _used(sums))


def _line(row: Row, names: Sequence[str]) -> UsageLine:
    label = row["model"] if "model" in names else row["username"] or ""
    return UsageLine(row[names[0]], label, _used(row))


def _used(row: Mapping[str, Any]) -> Spending:
    return Spending(**{name: row[name] for name in AMOUNTS})

"""What the database holds after a kill storm, read past the service."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import asyncpg

Row = Mapping[str, Any]

_QUERIES: Final = (
    "SELECT id, status, conversation_id, finished_at, leased_until, place FROM runs",
    "SELECT * FROM run_events ORDER BY run_id, first_number",
    "SELECT id, run_id, content FROM messages WHERE role = 'assistant'",
    "SELECT id, call_id, status, kind FROM consents",
    "SELECT call_id, decision FROM audit",
    "SELECT id FROM deliveries WHERE status <> 'delivered'",
)


class Stored(NamedTuple):
    """One event as it is stored."""

    number: int
    attempt: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Runs by id, their events, the answers by run, consents by id, audited decisions by call.

    ``undelivered`` are the ids of deliveries to webhooks that did not arrive (yet).
    """

    runs: Mapping[str, Row]
    appends: Mapping[str, Sequence[Row]]
    answers: Mapping[str, Sequence[str]]
    consents: Mapping[str, Row]
    audited: Mapping[str, Sequence[str]]
    undelivered: Sequence[str]

    @classmethod
    async def read(cls, url: str) -> Self:
        """Read everything, at one moment."""
        tables = await _read(url)
        runs, events, messages, consents, audit, deliveries = tables
        appends: dict[str, list[Row]] = defaultdict(list)
        for row in events:
            appends[str(row["run_id"])].append(row)
        answers: dict[str, list[str]] = defaultdict(list)
        for row in messages:
            answers[str(row["run_id"])].append(row["content"])
        audited: dict[str, list[str]] = defaultdict(list)
        for row in audit:
            audited[row["call_id"]].append(row["decision"])
        return cls(
            {str(row["id"]): row for row in runs},
            appends,
            answers,
            {str(row["id"]): row for row in consents},
            audited,
            [str(row["id"]) for row in deliveries],
        )

    def unfinished(self) -> list[str]:
        """Return the ids of the runs that have not ended, and of undelivered deliveries."""
        running = [run_id for run_id, row in self.runs.items() if row["finished_at"] is None]
        return [*running, *self.undelivered]

    @property
    def first_runs(self) -> set[str]:
        """The ids of the runs that began a conversation."""
        return {run_id for run_id, row in self.runs.items() if row["place"] == 1}

    def events(self, run_id: str) -> list[Stored]:
        """Return the events of a run."""
        return [
            Stored(number, row["attempt"], body)
            for row in self.appends.get(run_id, ())
            for number, body in enumerate(_bodies(row["bodies"]), row["first_number"])
        ]


def _bodies(text: str) -> Iterator[dict[str, Any]]:
    """Yield the bodies; pieces that follow on each other are kept as one item."""
    for item in json.loads(text):
        if "pieces" in item:
            yield from ({"type": item["type"], "content": piece} for piece in item["pieces"])
        else:
            yield item


async def _read(url: str) -> list[list[Row]]:
    if url.startswith("sqlite://"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as file:
            file.row_factory = sqlite3.Row
            file.execute("BEGIN")
            return [[dict(row) for row in file.execute(query)] for query in _QUERIES]
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return [[dict(row) for row in await connection.fetch(query)] for query in _QUERIES]
    finally:
        await connection.close()

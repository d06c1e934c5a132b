"""A database as an older version of the project left it."""

import re
from pathlib import Path
from typing import Final

from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder

from adapters.persistence.engine.database import Engine, engine_of
from adapters.persistence.migrate import _EDITOR, ORM, _transaction

_LAST: Final = "0011_disabled_users"
_ROWS: Final = Path(__file__).with_name("version_0011.sql")
_BYTES: Final = re.compile(r"\bX'([0-9a-f]*)'")


async def write_version_0011(url: str) -> None:
    """Make the tables of migration 0011 and fill them with what the program of then had stored."""
    engine = engine_of(url)
    async with _transaction(url) as client:
        await MigrationRecorder(client).ensure_schema(_EDITOR[engine](client, atomic=False))
        target = MigrationTarget("puerto", _LAST)
        await MigrationExecutor(client, ORM["apps"]).migrate([target])
        for statement in _statements(engine):
            await client.execute_query(statement)


def _statements(engine: Engine) -> list[str]:
    rows = re.sub(r"^--.*$", "", _ROWS.read_text(), flags=re.MULTILINE)
    if engine == "postgresql":
        rows = _BYTES.sub(r"'\\x\1'", rows)
    return [statement for statement in map(str.strip, rows.split(";\n")) if statement]

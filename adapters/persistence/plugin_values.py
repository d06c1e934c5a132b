"""The repository of plugins' key-value storage: a row for each value."""

from collections.abc import Sequence
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.database import Database
from adapters.persistence.engine.formats import PLUGIN_VALUE
from domain.tools.storage import StoredValues

_GET: Final = "SELECT value FROM plugin_values WHERE plugin = $1 AND owner = $2 AND key = $3"
# Two workers that add the last keys at once may store a few more than the limit: it is a bound on
# the table's growth, not a promise.
_PUT: Final = """
    INSERT INTO plugin_values (plugin, owner, key, value)
    SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT)
    WHERE EXISTS (SELECT 1 FROM plugin_values WHERE plugin = $1 AND owner = $2 AND key = $3)
        OR (SELECT count(*) FROM plugin_values WHERE plugin = $1 AND owner = $2) < $5
    ON CONFLICT (plugin, owner, key) DO UPDATE SET value = excluded.value
    RETURNING id
"""
_REMOVE: Final = """
    DELETE FROM plugin_values WHERE plugin = $1 AND owner = $2 AND key = $3 RETURNING id
"""
_KEYS: Final = """
    SELECT key FROM plugin_values
    WHERE plugin = $1 AND owner = $2 AND substr(key, 1, $3) = $4
    ORDER BY key LIMIT $5
"""


class TortoisePluginValues(StoredValues):
    """The repository of plugins' values."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def get(self, plugin: str, owner: str, key: str) -> Any:
        rows = await self._database.fetch(_GET, plugin, owner, key)
        return PLUGIN_VALUE.read(rows[0]["value"]) if rows else None

    @override
    async def put(self, plugin: str, owner: str, key: str, value: Any, *, most: int) -> bool:
        return bool(
            await self._database.fetch(_PUT, plugin, owner, key, PLUGIN_VALUE.write(value), most)
        )

    @override
    async def remove(self, plugin: str, owner: str, key: str) -> bool:
        return bool(await self._database.fetch(_REMOVE, plugin, owner, key))

    @override
    async def keys(self, plugin: str, owner: str, prefix: str, limit: int) -> Sequence[str]:
        rows = await self._database.fetch(_KEYS, plugin, owner, len(prefix), prefix, limit)
        return [row["key"] for row in rows]

"""The repository of plugins' settings that operators have set, sealed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import storable
from adapters.persistence.engine.database import Database
from domain.plugins.ports import StoredSettings

_LOAD: Final = "SELECT plugin, sealed FROM plugin_settings"
_PUT: Final = """
    INSERT INTO plugin_settings (plugin, sealed, at) VALUES ($1, $2, $3)
    ON CONFLICT (plugin) DO UPDATE SET sealed = excluded.sealed, at = excluded.at
    RETURNING id
"""


class TortoisePluginSettings(StoredSettings):
    """The repository of sealed settings: a row for each plugin."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def load(self) -> Mapping[str, bytes]:
        rows = await self._database.fetch(_LOAD)
        return {row["plugin"]: bytes(row["sealed"]) for row in rows}

    @override
    async def put(self, plugin: str, sealed: bytes) -> None:
        await self._database.fetch(_PUT, storable(plugin), sealed, datetime.now(UTC))

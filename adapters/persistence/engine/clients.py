"""The additions to the ORM's database clients for both engines: errors, health, transactions."""

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from adapters.persistence.engine.errors import translated
from adapters.persistence.engine.health import DatabaseHealth


class TranslatedErrors(BaseDBAsyncClient):
    """A client whose statements raise the core's errors only, and report to `DatabaseHealth`."""

    @property
    @abstractmethod
    def health(self) -> DatabaseHealth | None:
        """The health to which each result and failure is reported, if any."""

    def _answered(self, query: str) -> None:
        if self.health is not None:
            self.health.answered(query)

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        """Insert one row."""
        with translated(self.health):
            key = await super().execute_insert(query, values)
        self._answered(query)
        return key

    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, list[dict[str, Any]]]:
        """Return the number of affected rows, and the rows."""
        with translated(self.health):
            affected, rows = await super().execute_query(query, values)
        self._answered(query)
        return affected, list(rows)

    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows."""
        with translated(self.health):
            rows = await super().execute_query_dict(query, values)
        self._answered(query)
        return rows

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """Run one statement for each list of values."""
        with translated():
            await super().execute_many(query, values)


class EngineClient(TranslatedErrors):
    """An engine's client, with transactions that always end."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._health: DatabaseHealth | None = None

    @property
    def health(self) -> DatabaseHealth | None:
        """The health to which results and failures are reported, also within transactions."""
        return self._health

    def report_to(self, health: DatabaseHealth) -> None:
        """Report results and failures to this health."""
        self._health = health

    @abstractmethod
    def transaction(self, *, synced: bool = True) -> AbstractAsyncContextManager[BaseDBAsyncClient]:
        """Open a transaction: committed at the block's end, rolled back when it raises.

        With ``synced`` False a power failure may undo the commit, where the engine gains by that.
        """

    async def fetch_unsynced(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        """Run one statement without a sync to disk: a power failure may undo it."""
        return await self.execute_query_dict(query, values)

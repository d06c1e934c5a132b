"""What the project adds to the ORM's database clients, whichever the engine."""

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from adapters.persistence.errors import translated


class TranslatedErrors(BaseDBAsyncClient):
    """A client whose statements raise the core's errors only."""

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        """Insert one row."""
        with translated():
            return await super().execute_insert(query, values)

    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, list[dict[str, Any]]]:
        """Return how many rows were affected, and the rows."""
        with translated():
            affected, rows = await super().execute_query(query, values)
            return affected, list(rows)

    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows."""
        with translated():
            return await super().execute_query_dict(query, values)


class Client(TranslatedErrors):
    """An engine's client that opens transactions which cannot leak."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[BaseDBAsyncClient]:
        """Open a transaction: kept when the block ends, undone when it raises."""

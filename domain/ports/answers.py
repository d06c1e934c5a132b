"""The port to the answers given to requests with an idempotency key."""

from typing import Protocol

from domain.idempotency import RequestKey


class Answers(Protocol):
    """Answers by key. Used inside the unit of work that does what the request asks."""

    async def reserve(self, key: RequestKey) -> str | None:
        """Take the key; return the answer kept with it when the request came before.

        Keys older than 24 hours are forgotten. Another request under way with the same key is
        waited for: its unit of work ends first.

        Raises:
            IdempotencyConflict: the key came before with another request.

        """
        ...

    async def keep(self, key: RequestKey, answer: str) -> None:
        """Keep the answer with the key."""
        ...

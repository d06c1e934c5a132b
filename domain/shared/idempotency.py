"""Idempotency keys: a repeated request gets the stored answer and is not carried out again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from domain.shared.errors import PuertoError
from domain.shared.unit_of_work import UnitOfWork

LIFE: Final = timedelta(hours=24)
KEY_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A client's idempotency key; ``fingerprint`` is a hash of the request that came with it."""

    user_id: str
    key: str
    fingerprint: str
    at: datetime


class AlreadyDone(PuertoError):
    """The same request came before; ``outcome`` is the stored answer to it."""

    def __init__(self, outcome: str) -> None:
        super().__init__("This request was made before.")
        self.outcome = outcome


class IdempotencyStore(Protocol):
    """The stored answers, by idempotency key. Used inside the request's own unit of work."""

    async def reserve(self, key: RequestKey) -> str | None:
        """Reserve the key; return the stored answer when the same request came before.

        Keys older than 24 hours are deleted. A concurrent request with the same key is waited for:
        its unit of work ends first.

        Raises:
            IdempotencyConflict: the key came before with another request.

        """
        ...

    async def keep(self, key: RequestKey, answer: str) -> None:
        """Store the answer with the key."""
        ...


class Idempotency:
    """Runs a request once per idempotency key: answer and work are stored in one transaction."""

    def __init__(self, answers: IdempotencyStore, unit_of_work: UnitOfWork) -> None:
        self._answers = answers
        self._unit_of_work = unit_of_work

    async def run(self, key: RequestKey, work: Callable[[], Awaitable[str]]) -> str:
        """Return the answer of ``work``, or the stored one when the request came before.

        ``work`` changes nothing outside the database; an error that it raises is not stored.

        Raises:
            IdempotencyConflict: the key came before with another request.

        """

        async def once() -> str:
            stored_answer = await self._answers.reserve(key)
            if stored_answer is not None:
                return stored_answer
            answer = await work()
            await self._answers.keep(key, answer)
            return answer

        return await self._unit_of_work.run(once)

"""Requests that are done once, however often they come: keys, answers, and the port to them."""

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
    """A client's name for one request; ``fingerprint`` tells another request from the same."""

    user_id: str
    key: str
    fingerprint: str
    at: datetime


class AlreadyDone(PuertoError):
    """The same request came before; ``outcome`` is what came of it, as it was kept."""

    def __init__(self, outcome: str) -> None:
        super().__init__("This request was made before.")
        self.outcome = outcome


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


class Once:
    """Keeps the answer of a request with its key, in the transaction that does the work."""

    def __init__(self, answers: Answers, unit_of_work: UnitOfWork) -> None:
        self._answers = answers
        self._unit_of_work = unit_of_work

    async def run(self, key: RequestKey, work: Callable[[], Awaitable[str]]) -> str:
        """Return what ``work`` answers, or what it answered when the request came before.

        ``work`` changes nothing but what is stored; what it raises is not kept.

        Raises:
            IdempotencyConflict: the key came before with another request.

        """

        async def once() -> str:
            kept = await self._answers.reserve(key)
            if kept is not None:
                return kept
            answer = await work()
            await self._answers.keep(key, answer)
            return answer

        return await self._unit_of_work.run(once)

"""Doing what a request asks once, however often it comes."""

from collections.abc import Awaitable, Callable

from domain.idempotency import RequestKey
from domain.ports.answers import Answers
from domain.ports.unit_of_work import UnitOfWork


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

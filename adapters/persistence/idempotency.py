"""The answers to requests with an idempotency key."""

from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import storable
from adapters.persistence.engine.database import Database
from domain.shared.errors import IdempotencyConflict
from domain.shared.idempotency import LIFE, Answers, RequestKey

# While another transaction holds the key, PostgreSQL lets this one wait for its end; SQLite has
# one transaction at a time. A key that is too old is taken over as if it were new.
_RESERVE: Final = """
    INSERT INTO answers (user_id, key, fingerprint, created_at, outcome)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (user_id, key) DO UPDATE SET fingerprint = excluded.fingerprint,
        created_at = excluded.created_at, outcome = excluded.outcome
    WHERE answers.created_at <= $6
    RETURNING id
"""
_KEPT: Final = "SELECT fingerprint, outcome FROM answers WHERE user_id = $1 AND key = $2"
_KEEP: Final = "UPDATE answers SET outcome = $3 WHERE user_id = $1 AND key = $2 RETURNING id"
_FORGET: Final = """
    DELETE FROM answers WHERE id IN (
        SELECT id FROM answers WHERE created_at <= $1 ORDER BY created_at LIMIT $2 {lock}
    ) RETURNING id
"""
_LOCK: Final = {"postgresql": "FOR UPDATE SKIP LOCKED", "sqlite": ""}
_FORGOTTEN: Final = 10  # old keys that go for each new one


class TortoiseAnswers(Answers):
    """The answers by key, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._forget = _FORGET.format(lock=_LOCK[database.engine])

    @override
    async def reserve(self, key: RequestKey, outcome: str | None = None) -> str | None:
        """Take the key; return the answer kept with it when the request came before.

        ``outcome`` is kept at once, where it is known before the work is done.

        Raises:
            IdempotencyConflict: the key came before with another request.

        """
        oldest = key.at - LIFE

        async def work() -> str | None:
            values = (*_name(key), key.fingerprint, key.at, outcome, oldest)
            if await self._database.fetch(_RESERVE, *values):
                await self._database.fetch(self._forget, oldest, _FORGOTTEN)
                return None
            (kept,) = await self._database.fetch(_KEPT, *_name(key))
            if kept["fingerprint"] != key.fingerprint:
                raise IdempotencyConflict("This idempotency key came with another request before.")
            return None if kept["outcome"] is None else str(kept["outcome"])

        return await self._database.unit_of_work.run(work)

    @override
    async def keep(self, key: RequestKey, answer: str) -> None:
        await self._database.fetch(_KEEP, *_name(key), storable(answer))


def _name(key: RequestKey) -> tuple[str, str]:
    return key.user_id, storable(key.key)

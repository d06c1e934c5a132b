"""The repository of idempotency keys and stored answers."""

from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import storable
from adapters.persistence.engine.database import SKIP_LOCKED, Database
from domain.shared.errors import IdempotencyConflict
from domain.shared.idempotency import LIFE, IdempotencyStore, RequestKey

# PostgreSQL waits for another transaction with the same key; SQLite has one transaction at a time.
# An expired key is treated as new.
_RESERVE: Final = """
    INSERT INTO answers (user_id, key, fingerprint, created_at, outcome)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (user_id, key) DO UPDATE SET fingerprint = excluded.fingerprint,
        created_at = excluded.created_at, outcome = excluded.outcome
    WHERE answers.created_at <= $6
    RETURNING id
"""
_STORED: Final = "SELECT fingerprint, outcome FROM answers WHERE user_id = $1 AND key = $2"
_KEEP: Final = "UPDATE answers SET outcome = $3 WHERE user_id = $1 AND key = $2 RETURNING id"
_FORGET: Final = """
    DELETE FROM answers WHERE id IN (
        SELECT id FROM answers WHERE created_at <= $1 ORDER BY created_at LIMIT $2{lock}
    ) RETURNING id
"""
_FORGOTTEN: Final = 10  # expired keys that are deleted with each new one


class TortoiseIdempotencyStore(IdempotencyStore):
    """The repository of stored answers, by idempotency key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._forget = _FORGET.format(lock=SKIP_LOCKED[database.engine])

    @override
    async def reserve(self, key: RequestKey, outcome: str | None = None) -> str | None:
        """Reserve the key; return the stored answer when the same request came before.

        ``outcome`` is stored with it, if the answer is known before the work is done.

        Raises:
            IdempotencyConflict: the key came before with another request.

        """
        oldest = key.at - LIFE

        async def work() -> str | None:
            values = (*_name(key), key.fingerprint, key.at, outcome, oldest)
            if await self._database.fetch(_RESERVE, *values):
                await self._database.fetch(self._forget, oldest, _FORGOTTEN)
                return None
            (stored,) = await self._database.fetch(_STORED, *_name(key))
            if stored["fingerprint"] != key.fingerprint:
                raise IdempotencyConflict("This idempotency key came with another request before.")
            return None if stored["outcome"] is None else str(stored["outcome"])

        return await self._database.unit_of_work.run(work)

    @override
    async def keep(self, key: RequestKey, answer: str) -> None:
        await self._database.fetch(_KEEP, *_name(key), storable(answer))


def _name(key: RequestKey) -> tuple[str, str]:
    return key.user_id, storable(key.key)

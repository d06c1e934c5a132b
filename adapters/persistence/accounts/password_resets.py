"""The repository of unused tokens for a new password."""

from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import moment
from adapters.persistence.engine.database import Database
from domain.accounts.ports import PasswordReset, PasswordResets

_PUT: Final = """
    INSERT INTO password_resets (user_id, fingerprint, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT (user_id) DO UPDATE SET
        fingerprint = excluded.fingerprint, expires_at = excluded.expires_at
    RETURNING id
"""
_GET: Final = "SELECT * FROM password_resets WHERE fingerprint = $1"
_TAKE: Final = "DELETE FROM password_resets WHERE fingerprint = $1 RETURNING id"


class TortoisePasswordResets(PasswordResets):
    """The repository; DELETE ... RETURNING makes each token usable only once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def put(self, reset: PasswordReset) -> None:
        await self._database.fetch(_PUT, reset.user_id, reset.fingerprint, reset.expires_at)

    @override
    async def get(self, fingerprint: str) -> PasswordReset | None:
        rows = await self._database.fetch(_GET, fingerprint)
        if not rows:
            return None
        row = rows[0]
        return PasswordReset(row["fingerprint"], str(row["user_id"]), moment(row["expires_at"]))

    @override
    async def take(self, fingerprint: str) -> bool:
        return bool(await self._database.fetch(_TAKE, fingerprint))

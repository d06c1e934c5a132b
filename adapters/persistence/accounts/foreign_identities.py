"""The repository of who of other providers' users is which user here."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import moment, storable
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.id_lists import each_id, list_of_ids
from adapters.persistence.rows import to_user
from domain.accounts.identity import ForeignSubject
from domain.accounts.identity_provider import ForeignIdentities, ForeignUser

_FIND: Final = """
    SELECT users.*, foreign_identities.role_at
    FROM foreign_identities JOIN users ON users.id = foreign_identities.user_id
    WHERE issuer = $1 AND subject = $2
"""
_ADD: Final = """
    INSERT INTO foreign_identities (issuer, subject, user_id, role_at) VALUES ($1, $2, $3, $4)
    RETURNING id
"""
_ALIVE: Final = """
    SELECT DISTINCT users.id FROM foreign_identities
    JOIN users ON users.id = foreign_identities.user_id
    WHERE users.id IN (SELECT {each}) AND disabled_at IS NULL
"""
_DECIDE: Final = """
    UPDATE foreign_identities SET role_at = $3
    WHERE issuer = $1 AND subject = $2 AND role_at < $3
    RETURNING user_id
"""


class TortoiseForeignIdentities(ForeignIdentities):
    """The repository of foreign identities."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._alive = _ALIVE.format(each=each_id(database.engine, "$1"))

    @override
    async def find(self, who: ForeignSubject) -> ForeignUser | None:
        rows = await self._database.fetch(_FIND, *_key(who))
        return ForeignUser(to_user(rows[0]), moment(rows[0]["role_at"])) if rows else None

    @override
    async def add(self, who: ForeignSubject, user_id: str, role_at: datetime) -> None:
        await self._database.fetch(_ADD, *_key(who), user_id, role_at)

    @override
    async def alive(self, user_ids: Collection[str]) -> Collection[str]:
        ids = list_of_ids(self._database.engine, list(user_ids))
        return {str(row["id"]) for row in await self._database.fetch(self._alive, ids)}

    @override
    async def decide_role(self, who: ForeignSubject, at: datetime) -> str | None:
        rows = await self._database.fetch(_DECIDE, *_key(who), at)
        return str(rows[0]["user_id"]) if rows else None


def _key(who: ForeignSubject) -> tuple[str, str]:
    return storable(who.issuer), storable(who.subject)

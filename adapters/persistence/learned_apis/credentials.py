"""The repository of encrypted credentials for learned APIs."""

from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import is_id, known_id, moment
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.errors import UniqueViolation
from adapters.persistence.engine.formats import CREDENTIALS
from domain.learning.ports import LearnedCredentials, SealedCredentials
from domain.shared.errors import NotFound

_PUT: Final = """
    INSERT INTO learned_api_keys (api_id, owner, schemes, sealed, at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (api_id, owner) DO UPDATE SET
        schemes = excluded.schemes, sealed = excluded.sealed, at = excluded.at
    RETURNING id
"""
_GET: Final = """
    SELECT schemes, sealed, at FROM learned_api_keys WHERE api_id = $1 AND owner = $2
"""
_REMOVE: Final = "DELETE FROM learned_api_keys WHERE api_id = $1 AND owner = $2 RETURNING id"


class TortoiseLearnedCredentials(LearnedCredentials):
    """The repository of encrypted credentials; they are deleted with their API."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def put(self, keys: SealedCredentials) -> None:
        values = (keys.owner, CREDENTIALS.write(keys.schemes), keys.sealed, keys.at)
        api_id = known_id(keys.api_id, "learned API")
        try:
            await self._database.fetch(_PUT, api_id, *values)
        except UniqueViolation as error:  # only the foreign key of the API can be violated
            raise NotFound("There is no such learned API.") from error

    @override
    async def get(self, api_id: str, owner: str) -> SealedCredentials | None:
        rows = await self._database.fetch(_GET, api_id, owner) if is_id(api_id) else ()
        if not rows:
            return None
        row = rows[0]
        schemes = tuple(CREDENTIALS.read(row["schemes"]))
        return SealedCredentials(api_id, owner, schemes, bytes(row["sealed"]), moment(row["at"]))

    @override
    async def remove(self, api_id: str, owner: str) -> None:
        if is_id(api_id):
            await self._database.fetch(_REMOVE, api_id, owner)

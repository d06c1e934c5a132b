"""The repository of API keys: only their fingerprints are stored."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import is_id, moment, storable
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.id_lists import each_id, list_of_ids
from adapters.persistence.rows import to_user
from domain.accounts.api_keys import ApiKey, Scope
from domain.accounts.ports import ApiKeys
from domain.accounts.users import User
from domain.shared.errors import NotFound

# Two requests at once may store one key more than the limit: it bounds a list, nothing else.
_ADD: Final = """
    INSERT INTO api_keys
        (id, user_id, name, fingerprint, beginning, ending, scopes, created_at, expires_at)
    SELECT CAST($1 AS {id}), CAST($2 AS {id}), CAST($3 AS TEXT), CAST($4 AS TEXT),
        CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS {time}), CAST($9 AS {time})
    WHERE (SELECT count(*) FROM api_keys WHERE user_id = $2) < $10
    RETURNING id
"""
_TYPES: Final = {
    "sqlite": {"id": "TEXT", "time": "TEXT"},
    "postgresql": {"id": "UUID", "time": "TIMESTAMPTZ"},
}
_OF_USER: Final = """
    SELECT * FROM api_keys WHERE user_id = $1 ORDER BY created_at DESC, id DESC
"""
_FIND: Final = """
    SELECT users.*, api_keys.id AS key_id, name, fingerprint, beginning, ending, scopes,
        api_keys.created_at AS made_at, expires_at, last_used_at
    FROM api_keys JOIN users ON users.id = api_keys.user_id
    WHERE fingerprint = $1 AND disabled_at IS NULL
"""
_ALIVE: Final = """
    SELECT fingerprint FROM api_keys JOIN users ON users.id = api_keys.user_id
    WHERE fingerprint IN (SELECT {each}) AND (expires_at IS NULL OR expires_at > $2)
        AND disabled_at IS NULL
"""
_TOUCH: Final = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 RETURNING id"
_REMOVE: Final = "DELETE FROM api_keys WHERE id = $1 AND user_id = $2 RETURNING *"


class TortoiseApiKeys(ApiKeys):
    """The repository of API keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._alive_sql = _ALIVE.format(each=each_id(database.engine, "$1", kind="text"))
        self._add_sql = _ADD.format(**_TYPES[database.engine])

    @override
    async def add(self, key: ApiKey, *, most: int) -> bool:
        rows = await self._database.fetch(
            self._add_sql,
            key.id,
            key.user_id,
            storable(key.name),
            key.fingerprint,
            key.beginning,
            key.ending,
            " ".join(key.scopes),
            key.created_at,
            key.expires_at,
            most,
        )
        return bool(rows)

    @override
    async def of_user(self, user_id: str) -> Sequence[ApiKey]:
        return [_key(row) for row in await self._database.fetch(_OF_USER, user_id)]

    @override
    async def by_fingerprint(self, fingerprint: str) -> tuple[ApiKey, User] | None:
        rows = await self._database.fetch(_FIND, fingerprint)
        if not rows:
            return None
        row = dict(rows[0])
        made = {"id": row["key_id"], "user_id": row["id"], "created_at": row["made_at"]}
        return _key(row | made), to_user(rows[0])

    @override
    async def alive(self, fingerprints: Collection[str], now: datetime) -> Collection[str]:
        given = list_of_ids(self._database.engine, list(fingerprints))
        rows = await self._database.fetch(self._alive_sql, given, now)
        return {row["fingerprint"] for row in rows}

    @override
    async def touch(self, key_id: str, at: datetime) -> None:
        await self._database.fetch(_TOUCH, key_id, at)

    @override
    async def remove(self, user_id: str, key_id: str) -> ApiKey:
        rows = await self._database.fetch(_REMOVE, key_id, user_id) if is_id(key_id) else ()
        if not rows:
            raise NotFound("There is no such API key.")
        return _key(rows[0])


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=str(row["id"]),
        user_id=str(row["user_id"]),
        name=row["name"],
        fingerprint=row["fingerprint"],
        beginning=row["beginning"],
        ending=row["ending"],
        scopes=tuple(Scope(each) for each in row["scopes"].split()),
        created_at=moment(row["created_at"]),
        expires_at=_moment(row["expires_at"]),
        last_used_at=_moment(row["last_used_at"]),
    )


def _moment(value: Any) -> datetime | None:
    return None if value is None else moment(value)

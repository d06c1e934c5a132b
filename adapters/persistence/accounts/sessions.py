"""The repository of login sessions."""

from collections.abc import Collection
from datetime import datetime
from operator import attrgetter
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import is_id, storable
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.id_lists import each_id, list_of_ids
from adapters.persistence.rows import to_session, to_user
from domain.accounts.ports import LoginSession, Sessions
from domain.accounts.users import User
from domain.shared.errors import NotFound
from domain.shared.list_cursors import keyset_page, read_place
from domain.shared.paging import Page

_ADD_SESSION: Final = """
    INSERT INTO sessions
        (id, user_id, fingerprint, created_at, expires_at, user_agent, network, last_used_at,
        ends_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""
_GET: Final = """
    SELECT users.*, fingerprint, sessions.created_at AS begun_at, expires_at, user_agent, network,
        last_used_at, ends_at
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = $1 AND revoked_at IS NULL AND expires_at > $2 AND disabled_at IS NULL
"""
_OF_USER: Final = """
    SELECT * FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2{after}
    ORDER BY created_at DESC, id DESC LIMIT $3
"""
_AFTER: Final = " AND (created_at, id) < ($4, $5)"
_ALIVE: Final = """
    SELECT sessions.id FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id IN (SELECT {each}) AND revoked_at IS NULL AND expires_at > $2
        AND disabled_at IS NULL
"""
_TOUCH: Final = "UPDATE sessions SET last_used_at = $2 WHERE id = $1 RETURNING id"
_ROTATE: Final = """
    UPDATE sessions
    SET fingerprint = $2, previous_fingerprint = fingerprint,
        expires_at = CASE WHEN ends_at < $4 THEN ends_at ELSE $4 END
    WHERE fingerprint = $1 AND revoked_at IS NULL AND expires_at > $3
    RETURNING *
"""
_REVOKE_COPIED: Final = """
    UPDATE sessions SET revoked_at = $2 WHERE previous_fingerprint = $1 AND revoked_at IS NULL
    RETURNING id
"""
_REVOKE: Final = """
    UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id
"""
_REVOKE_OF: Final = """
    UPDATE sessions SET revoked_at = $3
    WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3 RETURNING id
"""
_REVOKE_ALL: Final = """
    UPDATE sessions SET revoked_at = $2
    WHERE user_id = $1 AND revoked_at IS NULL AND id <> $3
    RETURNING id
"""
_NO_SESSION: Final = "00000000-0000-0000-0000-000000000000"


class TortoiseSessions(Sessions):
    """The repository of login sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._alive = _ALIVE.format(each=each_id(database.engine, "$1"))

    @override
    async def add(self, session: LoginSession) -> None:
        await self._database.fetch(
            _ADD_SESSION,
            session.id,
            session.user_id,
            session.fingerprint,
            session.created_at,
            session.expires_at,
            storable(session.client.user_agent),
            session.client.network,
            session.last_used_at,
            session.ends_at,
        )

    @override
    async def get(self, session_id: str, now: datetime) -> tuple[LoginSession, User] | None:
        rows = await self._database.fetch(_GET, session_id, now) if is_id(session_id) else ()
        if not rows:
            return None
        row = rows[0]
        begun = {"id": session_id, "user_id": row["id"], "created_at": row["begun_at"]}
        return to_session(row | begun), to_user(row)

    @override
    async def of_user(
        self, user_id: str, now: datetime, limit: int, cursor: str | None
    ) -> Page[LoginSession]:
        place = () if cursor is None else read_place("logins", cursor)
        sql = _OF_USER.format(after=_AFTER if place else "")
        rows = await self._database.fetch(sql, user_id, now, limit + 1, *place)
        key = attrgetter("created_at", "id")
        return keyset_page("logins", rows, limit, to_session, key)

    @override
    async def alive(self, session_ids: Collection[str], now: datetime) -> Collection[str]:
        ids = list_of_ids(self._database.engine, list(session_ids))
        return {str(row["id"]) for row in await self._database.fetch(self._alive, ids, now)}

    @override
    async def touch(self, session_id: str, at: datetime) -> None:
        await self._database.fetch_unsynced(_TOUCH, session_id, at)

    @override
    async def rotate(
        self, fingerprint: str, replacement: str, now: datetime, expires_at: datetime
    ) -> LoginSession | None:
        presented = storable(fingerprint)

        async def work() -> LoginSession | None:
            rows = await self._database.fetch(_ROTATE, presented, replacement, now, expires_at)
            if rows:
                return to_session(rows[0])
            await self._database.fetch(_REVOKE_COPIED, presented, now)
            return None

        return await self._database.unit_of_work.run(work)

    @override
    async def revoke(self, session_id: str, now: datetime) -> None:
        if is_id(session_id):
            await self._database.fetch(_REVOKE, session_id, now)

    @override
    async def revoke_of(self, user_id: str, session_id: str, now: datetime) -> None:
        values = (session_id, user_id, now)
        if not (is_id(session_id) and await self._database.fetch(_REVOKE_OF, *values)):
            raise NotFound("There is no such session.")

    @override
    async def revoke_all(self, user_id: str, now: datetime, *, kept: str | None = None) -> None:
        if is_id(user_id):
            await self._database.fetch(_REVOKE_ALL, user_id, now, kept or _NO_SESSION)

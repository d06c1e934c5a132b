"""The repositories of users and of login sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from typing_extensions import override

from adapters.persistence.accounts.belongings import remove_belongings
from adapters.persistence.engine.codec import is_id, known_id, storable
from adapters.persistence.engine.database import ROW_LOCK, Database, Row
from adapters.persistence.engine.errors import UniqueViolation
from adapters.persistence.rows import to_session, to_user
from domain.accounts.ports import LoginSession, Sessions, Users
from domain.accounts.users import Role, User
from domain.shared.errors import Conflict, NotFound
from domain.shared.list_cursors import keyset_page, read_place
from domain.shared.paging import Page

_ADD_USER: Final = """
    INSERT INTO users (id, email, username, full_name, role, password_hash, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
"""
_BY_LOGIN: Final = """
    SELECT * FROM users WHERE email = $1 OR username = $1 ORDER BY created_at LIMIT 1
"""
_GET: Final = "SELECT * FROM users WHERE id = $1"
_USERS: Final = """
    SELECT * FROM users
    WHERE (substr(username, 1, length(CAST($2 AS TEXT))) = $2
        OR substr(email, 1, length(CAST($2 AS TEXT))) = $2){after}
    ORDER BY created_at, id LIMIT $1
"""
_AFTER: Final = " AND (created_at, id) > ($3, $4)"
_SET: Final = "UPDATE users SET {column} = $2 WHERE id = $1 RETURNING *"
_ADMINISTRATORS: Final = f"""
    SELECT id FROM users WHERE role = '{Role.ADMIN}' AND disabled_at IS NULL ORDER BY id
"""  # noqa: S608  made of a constant
_REMOVE: Final = "DELETE FROM users WHERE id = $1 RETURNING *"


class TortoiseUsers(Users):
    """The repository of users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def add(self, user: User, password_hash: str) -> None:
        try:
            await self._database.fetch(
                _ADD_USER,
                user.id,
                storable(user.email.lower()),
                storable(user.username.lower()),
                storable(user.full_name),
                user.role,
                password_hash,
                user.created_at,
            )
        except UniqueViolation as error:
            taken = "e-mail address" if "email" in error.constraint else "user name"
            raise Conflict(f"This {taken} is taken.") from error

    @override
    async def by_login(self, login: str) -> tuple[User, str] | None:
        rows = await self._database.fetch(_BY_LOGIN, storable(login.lower()))
        return (to_user(rows[0]), rows[0]["password_hash"]) if rows else None

    @override
    async def get(self, user_id: str) -> User:
        rows = await self._database.fetch(_GET, known_id(user_id, "user"))
        return _the_user(rows)

    @override
    async def page(self, limit: int, cursor: str | None, prefix: str = "") -> Page[User]:
        place = () if cursor is None else read_place("users", cursor)
        sql = _USERS.format(after=_AFTER if place else "")
        rows = await self._database.fetch(sql, limit + 1, storable(prefix.lower()), *place)
        return keyset_page("users", rows, limit, to_user, lambda each: (each.created_at, each.id))

    @override
    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Replace the password hash.

        Raises:
            NotFound: there is no such user.

        """
        await self._set(user_id, "password_hash", password_hash)

    @override
    async def set_role(self, user_id: str, role: Role) -> User:
        return await self._set(user_id, "role", role)

    @override
    async def set_disabled(self, user_id: str, at: datetime | None) -> User:
        return await self._set(user_id, "disabled_at", at)

    @override
    async def lock_administrators(self) -> frozenset[str]:
        sql = _ADMINISTRATORS + ROW_LOCK[self._database.engine]
        return frozenset(str(row["id"]) for row in await self._database.fetch(sql))

    @override
    async def remove_belongings(self, user_id: str, most: int) -> bool:
        return await remove_belongings(self._database, known_id(user_id, "user"), most)

    @override
    async def remove(self, user_id: str) -> None:
        valid_id = known_id(user_id, "user")

        async def work() -> None:
            await remove_belongings(self._database, valid_id)
            _the_user(await self._database.fetch(_REMOVE, valid_id))

        await self._database.unit_of_work.run(work)

    async def _set(self, user_id: str, column: str, value: object) -> User:
        valid_id = known_id(user_id, "user")
        return _the_user(await self._database.fetch(_SET.format(column=column), valid_id, value))


def _the_user(rows: Sequence[Row]) -> User:
    """Return the user in the one row there is.

    Raises:
        NotFound: there is none.

    """
    if not rows:
        raise NotFound("There is no such user.")
    return to_user(rows[0])


_ADD_SESSION: Final = """
    INSERT INTO sessions (id, user_id, fingerprint, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
_USER: Final = """
    SELECT users.* FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = $1 AND sessions.revoked_at IS NULL AND sessions.expires_at > $2
        AND users.disabled_at IS NULL
"""
_ROTATE: Final = """
    UPDATE sessions
    SET fingerprint = $2, previous_fingerprint = fingerprint, expires_at = $4
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

    @override
    async def add(self, session: LoginSession) -> None:
        await self._database.fetch(
            _ADD_SESSION,
            session.id,
            session.user_id,
            session.fingerprint,
            session.created_at,
            session.expires_at,
        )

    @override
    async def user(self, session_id: str, now: datetime) -> User | None:
        if not is_id(session_id):
            return None
        rows = await self._database.fetch(_USER, session_id, now)
        return to_user(rows[0]) if rows else None

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
    async def revoke_all(self, user_id: str, now: datetime, *, kept: str | None = None) -> None:
        if is_id(user_id):
            await self._database.fetch(_REVOKE_ALL, user_id, now, kept or _NO_SESSION)

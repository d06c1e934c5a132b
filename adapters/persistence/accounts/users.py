"""The repository of users."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from typing_extensions import override

from adapters.persistence.accounts.belongings import remove_belongings
from adapters.persistence.engine.codec import known_id, moment, storable
from adapters.persistence.engine.database import ROW_LOCK, Database, Row
from adapters.persistence.engine.errors import UniqueViolation
from adapters.persistence.engine.id_lists import each_id, list_of_ids
from adapters.persistence.rows import to_user
from domain.accounts.ports import Users
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
_LAST_SEEN: Final = """
    SELECT user_id, MAX(at) AS at FROM (
        SELECT user_id, COALESCE(last_used_at, created_at) AS at FROM sessions
        UNION ALL SELECT user_id, last_used_at AS at FROM api_keys WHERE last_used_at IS NOT NULL
    ) AS used
    WHERE user_id IN (SELECT {each}) GROUP BY user_id
"""
_SET: Final = "UPDATE users SET {column} = $2 WHERE id = $1 RETURNING *"
_ADMINISTRATORS: Final = f"""
    SELECT id FROM users WHERE role = '{Role.ADMIN}' AND disabled_at IS NULL ORDER BY id
"""  # noqa: S608  made of a constant
_REMOVE: Final = "DELETE FROM users WHERE id = $1 RETURNING *"


class TortoiseUsers(Users):
    """The repository of users."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last_seen = _LAST_SEEN.format(each=each_id(database.engine, "$1"))

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
    async def last_seen(self, user_ids: Collection[str]) -> Mapping[str, datetime]:
        ids = list_of_ids(self._database.engine, list(user_ids))
        rows = await self._database.fetch(self._last_seen, ids) if user_ids else ()
        return {str(row["user_id"]): moment(row["at"]) for row in rows}

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

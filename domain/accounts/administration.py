"""The use cases of user administration: list, change, log out and delete users."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.accounts.callers import Callers
from domain.accounts.ports import Sessions, UserRuns, Users
from domain.accounts.recent import RECHECK_SECONDS
from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import Conflict
from domain.shared.paging import Page
from domain.shared.unit_of_work import UnitOfWork

BATCH: Final = 500  # rows of one kind that are deleted at a time

_log = logging.getLogger("puerto.changes")


@dataclass(frozen=True, slots=True)
class SeenUser:
    """A user, and when they last used a session or a key, to the minute; None: not known."""

    user: User
    last_seen_at: datetime | None


class UserAdministration:
    """Looks after the users, for administrators. One administrator always stays.

    What ends a user's access ends it here at once, and on every worker within `RECHECK_SECONDS`.
    ``settle_seconds`` is how long `remove` waits until no worker takes the user for one any more.
    """

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        callers: Callers,
        runs: UserRuns,
        unit_of_work: UnitOfWork,
        clock: Clock,
        *,
        settle_seconds: float = RECHECK_SECONDS,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._callers = callers
        self._runs = runs
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._settle_seconds = settle_seconds

    async def find(
        self, by: User, limit: int, cursor: str | None, prefix: str = ""
    ) -> Page[SeenUser]:
        """Return users, the oldest first; with a prefix those whose name or address begins so.

        Raises:
            Forbidden: the caller is no administrator.
            InvalidRequest: the cursor did not come from here.

        """
        by.require(Role.ADMIN)
        page = await self._users.page(limit, cursor, prefix)
        seen = await self._users.last_seen([user.id for user in page.items])
        return Page([SeenUser(user, seen.get(user.id)) for user in page.items], page.next_cursor)

    async def get(self, by: User, user_id: str) -> SeenUser:
        """Return a user.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such user.

        """
        by.require(Role.ADMIN)
        user = await self._users.get(user_id)
        return SeenUser(user, (await self._users.last_seen([user_id])).get(user_id))

    async def change(
        self,
        by: User,
        user_id: str,
        *,
        role: Role | None = None,
        is_disabled: bool | None = None,
    ) -> User:
        """Change a user's role, disable or enable them; what is None stays as it is.

        Disabling ends all sessions and cancels the active runs; the user's data stays, and API keys
        open nothing until the user is enabled again.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such user.
            Conflict: no administrator would be left.

        """
        by.require(Role.ADMIN)

        async def work() -> User:
            user = await self._changeable(
                user_id, goes=is_disabled is True or role not in {None, Role.ADMIN}
            )
            if role is not None:
                user = await self._users.set_role(user_id, role)
            if is_disabled is not None and is_disabled is not user.is_disabled:
                user = await self._set_disabled(user_id, is_disabled=is_disabled)
            return user

        user = await self._changed(work)
        _log.info("the user %s is %s now", user.username, _described(user))
        return user

    async def log_out(self, by: User, user_id: str) -> User:
        """End all sessions of a user, and return the user; API keys and active runs go on.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such user.

        """
        by.require(Role.ADMIN)

        async def work() -> User:
            user = await self._users.get(user_id)
            await self._sessions.revoke_all(user_id, self._clock.now())
            return user

        user = await self._changed(work)
        _log.info("all sessions of %s were ended", user.username)
        return user

    async def remove(self, by: User, user_id: str) -> User:
        """Delete a user with all that is theirs; return the user as it was.

        First they are disabled, which cancels the active runs; when no worker accepts their
        credentials any more, what is theirs is deleted in batches, and then the user. Interrupted,
        it leaves a disabled user, who can be deleted again. Their decisions stay in the audit.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such user.
            Conflict: it is the last administrator.

        """
        by.require(Role.ADMIN)

        async def work() -> User:
            user = await self._changeable(user_id, goes=True)
            await self._set_disabled(user_id, is_disabled=True)
            return user

        async def finish() -> User:
            user = await self._changeable(user_id, goes=True)
            await self._users.remove(user_id)
            return user

        await self._changed(work)
        await asyncio.sleep(self._settle_seconds)
        while not await self._users.remove_belongings(user_id, BATCH):
            pass
        user = await self._changed(finish)
        _log.info("the user %s was removed with all that was theirs", user.username)
        return user

    async def _changed(self, work: Callable[[], Awaitable[User]]) -> User:
        user = await self._unit_of_work.run(work)
        self._callers.forget()  # so that it holds here at once
        return user

    async def _changeable(self, user_id: str, *, goes: bool) -> User:
        """Return the user; no other change of an administrator happens until the commit.

        Raises:
            Conflict: the user ``goes`` as an administrator, and is the last one.

        """
        administrators = await self._users.lock_administrators()
        user = await self._users.get(user_id)
        if goes and administrators == {user_id}:
            raise Conflict(f"{user.username} is the last administrator: make another one first.")
        return user

    async def _set_disabled(self, user_id: str, *, is_disabled: bool) -> User:
        now = self._clock.now()
        if is_disabled:
            await self._sessions.revoke_all(user_id, now)
            await self._runs.cancel_all(user_id)
        return await self._users.set_disabled(user_id, now if is_disabled else None)


def _described(user: User) -> str:
    return f"{user.role}{', and disabled' if user.is_disabled else ''}"

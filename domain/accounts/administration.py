"""The use cases of user administration: change roles, disable, enable and remove users."""

import logging

from domain.accounts.ports import Sessions, Users
from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, NotFound
from domain.shared.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)


class Accounts:
    """Change, disable, enable and remove users. One administrator always stays."""

    def __init__(
        self, users: Users, sessions: Sessions, unit_of_work: UnitOfWork, clock: Clock
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def change_role(self, login: str, role: Role) -> User:
        """Change a user's role, from the next request on; return the changed user.

        Raises:
            NotFound: there is no such user.
            Conflict: it is the last administrator.

        """

        async def work() -> User:
            user = await self._find(login, stays_admin=role is Role.ADMIN)
            return await self._users.set_role(user.id, role)

        user = await self._unit_of_work.run(work)
        _log.info("the user %s has the role %s now", user.username, user.role)
        return user

    async def disable(self, login: str) -> User:
        """Disable a user's login and end all sessions; their data stays.

        Raises:
            NotFound: there is no such user.
            Conflict: it is the last administrator.

        """

        async def work() -> User:
            user = await self._find(login)
            now = self._clock.now()
            await self._sessions.revoke_all(user.id, now)
            return await self._users.set_disabled(user.id, now)

        user = await self._unit_of_work.run(work)
        _log.info("the user %s was disabled, and all sessions ended", user.username)
        return user

    async def enable(self, login: str) -> User:
        """Enable a disabled user's login again.

        Raises:
            NotFound: there is no such user.

        """

        async def work() -> User:
            user = await self._find(login, stays_admin=True)
            return await self._users.set_disabled(user.id, None)

        user = await self._unit_of_work.run(work)
        _log.info("the user %s was enabled", user.username)
        return user

    async def remove(self, login: str) -> User:
        """Delete a user with all their data, active runs included; return the user as it was.

        Their decisions stay in the audit.

        Raises:
            NotFound: there is no such user.
            Conflict: it is the last administrator.

        """

        async def work() -> User:
            user = await self._find(login)
            await self._users.remove(user.id)
            return user

        user = await self._unit_of_work.run(work)
        _log.info("the user %s was removed with all that was theirs", user.username)
        return user

    async def _find(self, login: str, *, stays_admin: bool = False) -> User:
        record = await self._users.by_login(login)
        if record is None:
            raise NotFound(f"There is no user {login}.")
        user, _ = record
        is_last = user.role is Role.ADMIN and not user.is_disabled and not stays_admin
        if is_last and await self._users.administrators() <= 1:
            raise Conflict(f"{user.username} is the last administrator: make another one first.")
        return user

"""The use cases of passwords: change one, also by a one-time token of an administrator's."""

import logging
from datetime import datetime, timedelta
from typing import Final

from domain.accounts.callers import Callers
from domain.accounts.identity import Identity
from domain.accounts.ports import PasswordReset, PasswordResets, Passwords, Sessions, Users
from domain.accounts.secrets import fingerprint, new_secret
from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import FieldProblem, InvalidRequest, NotFound, Unauthenticated
from domain.shared.unit_of_work import UnitOfWork

RESET_LIFE: Final = timedelta(hours=1)

_log = logging.getLogger("puerto.changes")


class PasswordService:
    """Changes passwords, which ends sessions; API keys go on."""

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        resets: PasswordResets,
        passwords: Passwords,
        callers: Callers,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._resets = resets
        self._passwords = passwords
        self._callers = callers
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def change(self, login: str, password: str) -> User | None:
        """Set a user's password and end all their sessions; None if there is no such user."""
        record = await self._users.by_login(login)
        if record is None:
            return None
        user, _ = record
        await self._set(user.id, await self._passwords.hash(password))
        _log.info("the password of %s was changed, and all sessions ended", user.username)
        return user

    async def change_own(self, identity: Identity, current: str, new: str) -> None:
        """Set the caller's password, and end all their sessions but this one.

        Raises:
            Forbidden: the caller has an API key.
            InvalidRequest: the current password is wrong, or the new one cannot be hashed.

        """
        identity.require_login()
        user = identity.user
        record = await self._users.by_login(user.username)
        hashed = record[1] if record is not None and record[0].id == user.id else None
        if not await self._passwords.verify(current, hashed):
            _log.warning("a change of password failed: wrong password for %s", user.username)
            wrong = FieldProblem("current_password", "is wrong")
            raise InvalidRequest("The current password is wrong.", [wrong])
        await self._set(user.id, await self._passwords.hash(new), kept=identity.session_id)
        _log.info("%s changed their password, and all other sessions ended", user.username)

    async def allow_reset(self, by: User, user_id: str) -> tuple[str, datetime]:
        """Return a token that lets a user set a new password once, and when it ends.

        It takes the place of the user's last one.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such user.

        """
        by.require(Role.ADMIN)
        user = await self._users.get(user_id)
        secret, end = new_secret(), self._clock.now() + RESET_LIFE
        await self._resets.put(PasswordReset(fingerprint(secret), user.id, end))
        _log.info("%s may set a new password, until %s", user.username, end)
        return secret, end

    async def reset(self, token: str, password: str) -> User:
        """Set the password of the user whom a token was made for, and end all their sessions.

        Raises:
            Unauthenticated: the token is unknown, used or over.
            InvalidRequest: the password cannot be hashed.

        """
        presented = fingerprint(token)
        found = await self._resets.get(presented)  # first: hashing is dear
        if found is None or found.expires_at <= self._clock.now():
            raise _no_reset()
        hashed = await self._passwords.hash(password)

        async def work() -> User:
            if not await self._resets.take(presented):
                raise _no_reset()
            await self._set(found.user_id, hashed)
            return await self._users.get(found.user_id)

        try:
            user = await self._unit_of_work.run(work)
        except NotFound:  # deleted a moment ago
            raise _no_reset() from None
        _log.info("%s set a new password by a token, and all sessions ended", user.username)
        return user

    async def _set(self, user_id: str, hashed: str, kept: str | None = None) -> None:
        async def work() -> None:
            await self._users.set_password(user_id, hashed)
            await self._sessions.revoke_all(user_id, self._clock.now(), kept=kept)
            self._unit_of_work.after_commit(self._callers.forget)  # the sessions end here at once

        await self._unit_of_work.run(work)


def _no_reset() -> Unauthenticated:
    return Unauthenticated(
        "The token is not valid: it is good once, within an hour. Ask an administrator for another."
    )

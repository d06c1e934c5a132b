"""Authentication: registration, login, access and refresh tokens, sessions."""

import logging
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from domain.accounts.identity import Identity, LoginTokens
from domain.accounts.login_clients import UNKNOWN_CLIENT, LoginClient
from domain.accounts.ports import LoginSession, Passwords, Sessions, Tokens, Users
from domain.accounts.recent import Recent
from domain.accounts.secrets import fingerprint, new_secret
from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, Forbidden, Unauthenticated
from domain.shared.ids import new_id
from domain.shared.unit_of_work import UnitOfWork

SESSION: Final = timedelta(days=30)

_log = logging.getLogger(__name__)


class Authentication:
    """Registers users, opens, refreshes and ends their sessions, and verifies access tokens.

    Who owns a session is cached for `RECHECK_SECONDS`.
    """

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        passwords: Passwords,
        tokens: Tokens,
        unit_of_work: UnitOfWork,
        clock: Clock,
        *,
        registration_open: bool = True,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._tokens = tokens
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._registration_open = registration_open
        self._recent = Recent[str, User](clock)

    async def register(
        self, email: str, full_name: str, password: str, client: LoginClient = UNKNOWN_CLIENT
    ) -> LoginTokens:
        """Open an account with the role `user`; its user name is the e-mail address.

        Raises:
            Forbidden: registration is closed.
            Conflict: the address is taken.

        """
        if not self._registration_open:
            raise Forbidden("Registration is closed. Ask an administrator for an account.")
        hashed = await self._passwords.hash(password)
        user = self._new_user(email, email, full_name, Role.USER)
        session, refresh = self._new_session(user, client)

        async def store() -> None:
            await self._users.add(user, hashed)
            await self._sessions.add(session)

        await self._unit_of_work.run(store)
        _log.info("%s registered", user.username)
        return self._grant(user, session.id, refresh)

    async def login(
        self, login: str, password: str, client: LoginClient = UNKNOWN_CLIENT
    ) -> LoginTokens:
        """Open a session by e-mail address or user name, and password.

        Raises:
            Unauthenticated: unknown user or wrong password, the same answer in the same time; or
                the right password of an account that is disabled.

        """
        record = await self._users.by_login(login)
        user, hashed = record if record is not None else (None, None)
        if not await self._passwords.verify(password, hashed) or user is None:
            # An unknown name is not logged: it may be a password typed into the wrong field.
            who = f"wrong password for {user.username}" if user else "there is no such user"
            _log.warning("a login failed: %s", who)
            raise Unauthenticated("The user name or the password is wrong.")
        if user.is_disabled:
            raise Unauthenticated("This account is disabled. Ask an administrator.")
        if hashed is not None and self._passwords.needs_rehash(hashed):
            await self._users.set_password(user.id, await self._passwords.hash(password))
        return await self.open_session(user, client)

    async def open_session(
        self,
        user: User,
        client: LoginClient = UNKNOWN_CLIENT,
        *,
        life: timedelta = SESSION,
        ends_at: datetime | None = None,
    ) -> LoginTokens:
        """Open a session for a user who has proved who they are.

        It ends after ``life`` unless it is refreshed, and at ``ends_at`` in any case.
        """
        session, refresh = self._new_session(user, client, life)
        session = replace(session, ends_at=ends_at)
        await self._sessions.add(session)
        return self._grant(user, session.id, refresh)

    async def refresh(self, refresh_token: str) -> LoginTokens:
        """Rotate a refresh token: exchange it, once, for a new access and refresh token.

        Raises:
            Unauthenticated: unknown, expired, revoked or used before.

        """
        now = self._clock.now()
        replacement = new_secret()
        session = await self._sessions.rotate(
            fingerprint(refresh_token), fingerprint(replacement), now, now + SESSION
        )
        found = await self._sessions.get(session.id, now) if session is not None else None
        if found is None:
            _log.info("a refresh token was refused: it is unknown, over, or was used before")
            raise Unauthenticated("The refresh token is not valid. Log in again.")
        session, user = found
        return self._grant(user, session.id, replacement)

    async def logout(self, identity: Identity) -> None:
        """Revoke the session: its access and refresh tokens are invalid from now on.

        Raises:
            Forbidden: the caller has an API key, and no session.

        """
        identity.require_login()
        await self._sessions.revoke(identity.session_id, self._clock.now())
        self._recent.drop(identity.session_id)

    def forget(self) -> None:
        """Look every session up again when it is used next."""
        self._recent.clear()

    async def recognise(self, token: str) -> Identity:
        """Verify an access token; return who it was issued to.

        Raises:
            Unauthenticated: it is not valid, or its session was revoked or is another user's.

        """
        claims = self._tokens.read(token)
        identity = await self._identity(claims.session_id, claims.expires_at)
        if identity.user.id != claims.user_id:
            raise Unauthenticated("The access token is not valid. Log in again.")
        return identity

    async def of_session(self, session_id: str, expires_at: datetime) -> Identity:
        """Return the user of a session, who may act until ``expires_at``.

        Raises:
            Unauthenticated: that time has passed, or the session was revoked.

        """
        if expires_at <= self._clock.now():
            raise Unauthenticated("The access token has expired. Log in again.")
        return await self._identity(session_id, expires_at)

    async def _identity(self, session_id: str, expires_at: datetime) -> Identity:
        user = await self._user_of(session_id)
        if user is None:
            raise Unauthenticated("The access token is not valid. Log in again.")
        return Identity(user, session_id, expires_at)

    async def _user_of(self, session_id: str) -> User | None:
        """Return the session's user, at most `RECHECK_SECONDS` old; None if it is not valid."""
        user = self._recent.get(session_id)
        if user is None:
            now = self._clock.now()
            stored = await self._sessions.get(session_id, now)
            if stored is None:
                return None
            session, user = stored
            if session.is_to_touch(now):
                await self._sessions.touch(session_id, now)
            self._recent.put(session_id, user)
        return user

    async def add_user(
        self, username: str, email: str, full_name: str, password: str, role: Role
    ) -> User:
        """Create an account of any role, for operators at the command line.

        Raises:
            Conflict: the address or the name is taken.

        """
        user = self._new_user(email, username, full_name, role)
        await self._users.add(user, await self._passwords.hash(password))
        _log.info("the user %s was made, with the role %s", user.username, user.role)
        return user

    async def make_first_admin(self) -> str | None:
        """Create the user ``admin`` if there are no users; return its password, else None."""
        if (await self._users.page(1, None)).items:
            return None
        password = secrets.token_urlsafe(15)
        try:
            await self.add_user("admin", "admin@localhost", "Administrator", password, Role.ADMIN)
        except Conflict:  # another worker was first
            return None
        return password

    def _new_user(self, email: str, username: str, full_name: str, role: Role) -> User:
        return User(
            id=new_id(),
            email=email.lower(),
            username=username.lower(),
            full_name=full_name,
            role=role,
            created_at=self._clock.now(),
        )

    def _new_session(
        self, user: User, client: LoginClient, life: timedelta = SESSION
    ) -> tuple[LoginSession, str]:
        now, refresh = self._clock.now(), new_secret()
        session = LoginSession(new_id(), user.id, fingerprint(refresh), now, now + life, client)
        return session, refresh

    def _grant(self, user: User, session_id: str, refresh_token: str) -> LoginTokens:
        access = self._tokens.issue(user, session_id)
        lifetime = access.expires_at - self._clock.now()
        return LoginTokens(user, access.token, refresh_token, ceil(lifetime.total_seconds()))

"""The ports to users, their sessions, passwords, tokens, tickets and API keys."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from domain.accounts.api_keys import TOUCHED, ApiKey
from domain.accounts.login_clients import UNKNOWN_CLIENT, LoginClient
from domain.accounts.users import Role, User
from domain.shared.paging import Page

MAX_PASSWORD_BYTES: Final = 1024


class Passwords(Protocol):
    """Password hashing, with a hash that is slow and takes memory."""

    async def hash(self, password: str) -> str:
        """Return a salted hash of the password, in a text form that names its own parameters.

        Raises:
            InvalidRequest: longer than `MAX_PASSWORD_BYTES` in UTF-8, or not Unicode text.

        """
        ...

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Tell whether the password is the one that was hashed.

        None stands for an unknown user: the same work is done and the answer is False, so that
        the time taken does not tell an unknown user from a wrong password.

        Raises:
            InvalidRequest: as for `hash`.

        """
        ...

    def needs_rehash(self, hashed: str) -> bool:
        """Tell whether the hash was made with other parameters than the current ones."""
        ...

    def close(self) -> None:
        """Release the threads that hash, if there are any."""
        ...


@dataclass(frozen=True, slots=True)
class Ticket:
    """A one-time credential for opening one stream. Only its fingerprint is stored.

    It must be used before ``expires_at``, and then gives the access of its session until
    ``access_until``, when the access token expires that it was issued for.
    """

    fingerprint: str
    session_id: str
    path: str
    access_until: datetime
    expires_at: datetime


class Tickets(Protocol):
    """The repository of unused tickets."""

    async def add(self, ticket: Ticket, now: datetime) -> None:
        """Store a ticket, and delete those that have expired by ``now``."""
        ...

    async def take(self, fingerprint: str) -> Ticket | None:
        """Return a ticket and delete it; None: there is none, or it was taken before.

        Of several concurrent callers, on any worker, one gets it.
        """
        ...


class ApiKeys(Protocol):
    """The repository of API keys."""

    async def add(self, key: ApiKey, *, most: int) -> bool:
        """Store a key; False: its user has ``most`` already."""
        ...

    async def of_user(self, user_id: str) -> Sequence[ApiKey]:
        """Return a user's keys, the newest first."""
        ...

    async def by_fingerprint(self, fingerprint: str) -> tuple[ApiKey, User] | None:
        """Return a key and its user; None: there is none, or the user is disabled."""
        ...

    async def alive(self, fingerprints: Collection[str], now: datetime) -> Collection[str]:
        """Return those that keys have which are not over, and whose users are not disabled."""
        ...

    async def touch(self, key_id: str, at: datetime) -> None:
        """Store when a key was used last."""
        ...

    async def remove(self, user_id: str, key_id: str) -> ApiKey:
        """Delete a user's key, and return it.

        Raises:
            NotFound: the user has no such key.

        """
        ...


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token just issued. ``jti`` is its id."""

    token: str = field(repr=False)
    jti: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a valid access token. Times are in UTC, to the second."""

    user_id: str
    email: str
    username: str
    role: Role
    jti: str
    session_id: str
    issued_at: datetime
    expires_at: datetime


class Tokens(Protocol):
    """Access tokens: short-lived, signed, and verified without the database."""

    def issue(self, user: User, session_id: str) -> AccessToken:
        """Return a new token for a session of the user, each with an id of its own."""
        ...

    def read(self, token: str) -> Claims:
        """Verify a token and return its claims.

        Revocation is not checked: that is up to the caller, by ``session_id``.

        Raises:
            Unauthenticated: forged, expired, for somebody else, incomplete or unreadable; the
                message is the same for all of them.

        """
        ...


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A login session, until it is revoked or its refresh token expires.

    ``fingerprint`` is that of the current refresh token; the token itself is never stored.
    ``last_used_at`` is to the minute; None: not after its first. At ``ends_at`` it ends for good,
    however often it was refreshed.
    """

    id: str
    user_id: str
    fingerprint: str
    created_at: datetime
    expires_at: datetime
    client: LoginClient = UNKNOWN_CLIENT
    last_used_at: datetime | None = None
    ends_at: datetime | None = None

    def is_to_touch(self, now: datetime) -> bool:
        """Tell whether it is time to store that it was used: not at each request."""
        return (self.last_used_at or self.created_at) + TOUCHED <= now


class Users(Protocol):
    """The repository of users. E-mail addresses and user names are compared in lower case."""

    async def add(self, user: User, password_hash: str) -> None:
        """Store a new user.

        Raises:
            Conflict: the e-mail address or the user name is taken; the message says which.

        """
        ...

    async def by_login(self, login: str) -> tuple[User, str] | None:
        """Return the user with this e-mail address or user name, and the password hash, or None."""
        ...

    async def get(self, user_id: str) -> User:
        """Return a user.

        Raises:
            NotFound: there is no such user.

        """
        ...

    async def page(self, limit: int, cursor: str | None, prefix: str = "") -> Page[User]:
        """Return users, oldest first; those whose name or e-mail address begins with the prefix.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def last_seen(self, user_ids: Collection[str]) -> Mapping[str, datetime]:
        """Return when these users last used a session or an API key; without those who never did.

        It is to the minute, and known as long as the session or key is.
        """
        ...

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Replace the password hash."""
        ...

    async def set_role(self, user_id: str, role: Role) -> User:
        """Change the user's role, and return the user.

        Raises:
            NotFound: there is no such user.

        """
        ...

    async def set_disabled(self, user_id: str, at: datetime | None) -> User:
        """Store since when the user is disabled (None: enabled), and return the user.

        Raises:
            NotFound: there is no such user.

        """
        ...

    async def lock_administrators(self) -> frozenset[str]:
        """Return the ids of the administrators who are not disabled.

        Inside a unit of work they stay so until its end: others that ask wait, and then see what
        it has changed.
        """
        ...

    async def remove_belongings(self, user_id: str, most: int) -> bool:
        """Delete at most so many rows of one kind of what is the user's; False: there is more."""
        ...

    async def remove(self, user_id: str) -> None:
        """Delete the user, and all that is left of what is theirs; the audit stays.

        Raises:
            NotFound: there is no such user.

        """
        ...


class Sessions(Protocol):
    """The repository of login sessions."""

    async def add(self, session: LoginSession) -> None:
        """Store a new session."""
        ...

    async def get(self, session_id: str, now: datetime) -> tuple[LoginSession, User] | None:
        """Return a session and its user; None if it is over, or the user is disabled."""
        ...

    async def of_user(
        self, user_id: str, now: datetime, limit: int, cursor: str | None
    ) -> Page[LoginSession]:
        """Return a user's sessions that are not over, the newest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def alive(self, session_ids: Collection[str], now: datetime) -> Collection[str]:
        """Return those of the sessions that are not over, and whose users are not disabled."""
        ...

    async def touch(self, session_id: str, at: datetime) -> None:
        """Store when a session was used last."""
        ...

    async def rotate(
        self, fingerprint: str, replacement: str, now: datetime, expires_at: datetime
    ) -> LoginSession | None:
        """Replace a session's current refresh token by a new one, once (refresh token rotation).

        The session expires then, or when it ends, if that is before.
        None when the token is unknown, expired or revoked. A token that was replaced already has
        been stolen or copied (reuse detection): its session is revoked, and the result is None.
        """
        ...

    async def revoke(self, session_id: str, now: datetime) -> None:
        """End a session. Ending it twice is no error."""
        ...

    async def revoke_of(self, user_id: str, session_id: str, now: datetime) -> None:
        """End one of a user's sessions.

        Raises:
            NotFound: the user has no such session, or it is over.

        """
        ...

    async def revoke_all(self, user_id: str, now: datetime, *, kept: str | None = None) -> None:
        """End every session of a user, but the one that is ``kept``."""
        ...


class UserRuns(Protocol):
    """The runs of users, as far as administration needs to know of them."""

    async def cancel_all(self, user_id: str) -> None:
        """Cancel all active runs of a user, on whichever worker; after the commit, if there is one.

        Those that wait for a human end, too.
        """
        ...


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """A one-time token for a new password. Only its fingerprint is stored."""

    fingerprint: str
    user_id: str
    expires_at: datetime


class PasswordResets(Protocol):
    """The repository of unused tokens for a new password: a user has one at most."""

    async def put(self, reset: PasswordReset) -> None:
        """Store one, in place of the user's last."""
        ...

    async def get(self, fingerprint: str) -> PasswordReset | None:
        """Return one; None: there is none."""
        ...

    async def take(self, fingerprint: str) -> bool:
        """Delete one; of several concurrent callers, on any worker, one is told True."""
        ...


@dataclass(frozen=True, slots=True)
class UserRecord:
    """Something that is stored of a user; ``data`` is the content of a file."""

    kind: str
    values: Mapping[str, Any]
    data: bytes | None = field(default=None, repr=False)


class UserRecords(Protocol):
    """Everything that is stored of users, to be exported."""

    def of_user(self, user_id: str) -> AsyncGenerator[UserRecord, None]:
        """Yield all records of a user, kind by kind, a few at a time from the database.

        None holds a secret: no password, token, key or credential, nor what stands for one.
        """
        ...

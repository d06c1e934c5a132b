"""The ports to the stored users and their sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.identity import Role, User
from domain.paging import Page


@dataclass(frozen=True, slots=True)
class Session:
    """One login, until it is revoked or its refresh token expires.

    ``fingerprint`` is that of the current refresh token; the token itself is never stored.
    """

    id: str
    user_id: str
    fingerprint: str
    created_at: datetime
    expires_at: datetime


class Users(Protocol):
    """The users. E-mail addresses and user names are compared in lower case."""

    async def add(self, user: User, password_hash: str) -> None:
        """Keep a new user.

        Raises:
            Conflict: the e-mail address or the user name is taken; the message says which.

        """
        ...

    async def by_login(self, login: str) -> tuple[User, str] | None:
        """Return the user with this e-mail address or user name, and the password hash."""
        ...

    async def page(self, limit: int, cursor: str | None) -> Page[User]:
        """Return users, oldest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Replace the password hash."""
        ...

    async def set_role(self, user_id: str, role: Role) -> User:
        """Give the user another role, and return the user.

        Raises:
            NotFound: there is no such user.

        """
        ...

    async def set_disabled(self, user_id: str, at: datetime | None) -> User:
        """Keep since when the user is disabled, or that they are not, and return the user.

        Raises:
            NotFound: there is no such user.

        """
        ...

    async def administrators(self) -> int:
        """Return how many administrators are not disabled."""
        ...

    async def remove(self, user_id: str) -> None:
        """Forget the user, their sessions, conversations, runs, answers and credentials.

        Raises:
            NotFound: there is no such user.

        """
        ...


class Sessions(Protocol):
    """The sessions of the users."""

    async def add(self, session: Session) -> None:
        """Keep a new session."""
        ...

    async def user(self, session_id: str, now: datetime) -> User | None:
        """Return whose session it is; None if it is unknown or over, or the user is disabled."""
        ...

    async def rotate(
        self, fingerprint: str, replacement: str, now: datetime, expires_at: datetime
    ) -> Session | None:
        """Put a new refresh token in the place of a current one, once.

        None when the token is unknown, expired or revoked. A token that was replaced already
        has been copied by somebody: its session is revoked, and the answer is None.
        """
        ...

    async def revoke(self, session_id: str) -> None:
        """End a session. Ending it twice is no error."""
        ...

    async def revoke_all(self, user_id: str) -> None:
        """End every session of a user."""
        ...

"""The port to access tokens."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.identity import Role, User


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token just issued. ``jti`` is its id."""

    token: str = field(repr=False)
    jti: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. Times are in UTC, to the second."""

    user_id: str
    email: str
    username: str
    role: Role
    jti: str
    session_id: str
    issued_at: datetime
    expires_at: datetime


class Tokens(Protocol):
    """Access tokens: short-lived, and checked without asking the database."""

    def issue(self, user: User, session_id: str) -> AccessToken:
        """Return a new token for a session of the user, each with an id of its own."""
        ...

    def read(self, token: str) -> Claims:
        """Return what the token says.

        Revocation is not looked at: that is the caller's, by ``session_id``.

        Raises:
            Unauthenticated: forged, expired, for somebody else, incomplete or unreadable; the
                message is the same for all of them.

        """
        ...

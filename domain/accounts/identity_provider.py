"""The ports to another identity provider: its tokens, its login, and who of its users is known."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from domain.accounts.identity import ForeignSubject
from domain.accounts.users import Role, User

LONGEST_TOKEN: Final = 16_384  # characters: some providers list all groups of a user


@dataclass(frozen=True, slots=True)
class ForeignClaims:
    """What a valid token of another provider says of its user.

    ``role`` is None where the provider does not decide roles. ``email`` is empty unless the
    provider has verified it. Only ``who`` identifies the user: names are to be read.
    """

    who: ForeignSubject
    issued_at: datetime
    expires_at: datetime
    role: Role | None
    username: str
    full_name: str
    email: str


class IdentityProvider(Protocol):
    """The tokens of another provider, verified with its published keys."""

    def issued(self, token: str) -> bool:
        """Tell whether a token says that it comes from there; it is not verified."""
        ...

    async def read(self, token: str) -> ForeignClaims:
        """Verify an access token for this service, and return its claims.

        Raises:
            Unauthenticated: it is not valid; the message is the same for all reasons.
            Forbidden: it is valid, and has no role for this service.
            Unavailable: the provider's keys were never read, and cannot be read now.

        """
        ...


class ProviderLogin(Protocol):
    """The login of people at another provider: OpenID Connect, authorization code with PKCE."""

    async def authorize_url(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return the address at which a person logs in; it holds the challenge of the verifier.

        Raises:
            Unavailable: the provider cannot be reached, or does not say where that is.

        """
        ...

    async def check_issuer(self, issuer: str | None) -> None:
        """Check who says that a person has come back: None, or the parameter ``iss`` (RFC 9207).

        Raises:
            Unauthenticated: it is another provider, or this one names itself and here did not.
            Unavailable: the provider cannot be reached.

        """
        ...

    async def exchange(
        self, redirect_uri: str, code: str, nonce: str, verifier: str
    ) -> ForeignClaims:
        """Return the claims of the ID token that the provider gives for a code.

        Raises:
            Unauthenticated: the code or the ID token is not valid.
            Forbidden: the person has no role for this service.
            Unavailable: the provider cannot be reached.

        """
        ...


@dataclass(frozen=True, slots=True)
class ForeignUser:
    """A user who comes from another provider.

    ``role_at`` is when the token was issued that decided the role.
    """

    user: User
    role_at: datetime


class ForeignIdentities(Protocol):
    """The repository of who of other providers' users is which user here."""

    async def find(self, who: ForeignSubject) -> ForeignUser | None:
        """Return the user, a disabled one too, or None."""
        ...

    async def add(self, who: ForeignSubject, user_id: str, role_at: datetime) -> None:
        """Store who a user is elsewhere.

        Raises:
            Conflict: it is a user here already.

        """
        ...

    async def alive(self, user_ids: Collection[str]) -> Collection[str]:
        """Return those of the users who come from another provider, and are not disabled."""
        ...

    async def decide_role(self, who: ForeignSubject, at: datetime) -> str | None:
        """Store that a token issued at this time decides the role, and return the user's id.

        None: one that was issued then or later has decided it.
        """
        ...

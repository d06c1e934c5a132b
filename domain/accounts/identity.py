"""Identities: authenticated callers, and the tokens that a login gives them."""

from dataclasses import dataclass
from datetime import datetime

from domain.accounts.api_keys import Scope
from domain.accounts.users import User
from domain.shared.errors import Forbidden


@dataclass(frozen=True, slots=True)
class ForeignSubject:
    """A user as another identity provider knows them: ``subject`` is unique within its issuer."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated caller; ``expires_at`` is the end of their access token or API key.

    ``scopes`` are those of an API key, and ``key`` is its fingerprint; both are None for a login,
    which may do all that its user may. ``foreign`` is set for a token of another provider. Only a
    login has a session.
    """

    user: User
    session_id: str
    expires_at: datetime
    scopes: frozenset[Scope] | None = None
    key: str | None = None
    foreign: ForeignSubject | None = None

    def require_scope(self, needed: Scope) -> None:
        """Check that the caller may do this.

        Raises:
            Forbidden: an API key lacks the scope.

        """
        if self.scopes is not None and not self.scopes & {needed, Scope.ADMIN}:
            raise Forbidden(f"This API key lacks the scope {needed}.")

    def require_login(self) -> None:
        """Check that a person has logged in here: some things are not for programs.

        Raises:
            Forbidden: the caller has an API key, or a token of another provider.

        """
        if self.key is not None:
            raise Forbidden("This needs a login: an API key cannot do it.")
        if self.foreign is not None:
            raise Forbidden("This needs a login here: another provider's token cannot do it.")


@dataclass(frozen=True, slots=True)
class LoginTokens:
    """The tokens of a login; ``expires_in`` is the access token's lifetime in seconds."""

    user: User
    access_token: str
    refresh_token: str
    expires_in: int

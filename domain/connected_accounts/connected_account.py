"""The records of connected accounts, as they are stored: what gives access is encrypted."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from domain.connected_accounts.account import Account, AccountKind
from domain.tools.credentials import AccountCredentials


@dataclass(frozen=True, slots=True)
class AccountKey:
    """Whose account it is, and which of a plugin's."""

    user_id: str
    plugin: str
    name: str

    @property
    def place(self) -> str:
        """The place to which its ciphertext is bound."""
        return f"connected_accounts {self.user_id} {self.plugin} {self.name}"


@dataclass(frozen=True, slots=True)
class AccountGrant:
    """What gives access: a key, or an access token with the refresh token for the next one."""

    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the form in which it is encrypted."""
        return {
            "token": self.token,
            "refresh_token": self.refresh_token,
            "scopes": list(self.scopes),
            "expires_at": None if self.expires_at is None else self.expires_at.isoformat(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        ends = values["expires_at"]
        return cls(
            values["token"],
            values["refresh_token"],
            tuple(values["scopes"]),
            None if ends is None else datetime.fromisoformat(ends),
        )

    def credentials(self, kind: AccountKind) -> AccountCredentials:
        """Return what a tool gets of it: no refresh token."""
        return AccountCredentials(kind, self.token, self.scopes, self.expires_at)


@dataclass(frozen=True, slots=True)
class ConnectedAccount:
    """An account that a user has connected.

    ``terms`` are those of the plugin's account at that time. ``sealed`` is the encrypted
    `AccountGrant`; None: the service accepts it no more, and ``problem`` says so. ``revision``
    counts the changes.
    """

    id: str
    key: AccountKey
    terms: str
    sealed: bytes | None = field(repr=False)
    scopes: tuple[str, ...]
    connected_at: datetime
    problem: str = ""
    revision: int = 1

    def is_good_for(self, account: Account) -> bool:
        """Tell whether it gives access on the terms that the plugin declares now."""
        return self.sealed is not None and self.terms == account.terms


@dataclass(frozen=True, slots=True)
class PendingConnection:
    """A user has been sent to a service, and is awaited with its answer until ``expires_at``.

    It is found by the fingerprint of the ``state`` that the service sends back; the PKCE verifier
    and the redirect URI are encrypted. It counts while the login session lasts that began it,
    until ``access_until`` at the longest.
    """

    fingerprint: str
    session_id: str
    plugin: str
    name: str
    sealed: bytes = field(repr=False)
    access_until: datetime
    expires_at: datetime

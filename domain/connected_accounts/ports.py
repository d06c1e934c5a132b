"""The ports to connected accounts: what is declared, what is stored, and the servers of OAuth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.connected_accounts.account import Account, OAuthAccount
from domain.connected_accounts.connected_account import (
    AccountGrant,
    AccountKey,
    ConnectedAccount,
    PendingConnection,
)
from domain.plugins.plugin import Registered


class AccountOffers(Protocol):
    """The accounts that plugins declare."""

    def accounts(self) -> Sequence[Registered[Account]]:
        """Return the accounts; names are unique in a plugin."""
        ...


class ConnectedAccounts(Protocol):
    """The repository of connected accounts, one for each key."""

    async def put(self, account: ConnectedAccount) -> None:
        """Store an account in place of the one before; its revision becomes the next higher one."""
        ...

    async def get(self, key: AccountKey) -> ConnectedAccount | None:
        """Return one account, or None."""
        ...

    async def of_user(self, user_id: str) -> Sequence[ConnectedAccount]:
        """Return all accounts of a user, by plugin and name."""
        ...

    async def change(self, account: ConnectedAccount) -> bool:
        """Store what changed, if the stored account still has this id and revision.

        It is a compare-and-set; the revision becomes the next higher one, and a renewal ends.
        """
        ...

    async def begin_renewal(
        self, account: ConnectedAccount, now: datetime, until: datetime
    ) -> bool:
        """Reserve the renewal of a grant until then; of several workers at once one succeeds.

        False: another one renews it now, or the account has changed.
        """
        ...

    async def end_renewal(self, account: ConnectedAccount) -> None:
        """Let others try: the renewal failed, and nothing has changed."""
        ...

    async def remove(self, key: AccountKey) -> ConnectedAccount | None:
        """Delete an account; return it as it was, or None."""
        ...


class PendingConnections(Protocol):
    """The repository of begun connections, one for each account of a login session."""

    async def put(self, pending: PendingConnection, now: datetime) -> None:
        """Store one in place of the one before, and delete those that have expired by ``now``."""
        ...

    async def get(self, fingerprint: str) -> PendingConnection | None:
        """Return one, or None."""
        ...

    async def take(self, fingerprint: str) -> PendingConnection | None:
        """Return one and delete it; of several concurrent callers one gets it."""
        ...


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The installation as a client of an account's authorization server."""

    account: OAuthAccount
    client_id: str
    client_secret: str = field(repr=False)


class AuthorizationServers(Protocol):
    """The authorization servers of the accounts (RFC 6749, 7009, 7636), behind the SSRF guard."""

    def authorize_url(
        self, client: OAuthClient, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Return the address at which a user consents; it holds the challenge of the verifier."""
        ...

    async def exchange(
        self, client: OAuthClient, redirect_uri: str, code: str, verifier: str
    ) -> AccountGrant:
        """Return the grant for an authorization code.

        Raises:
            GrantRefused: the code is not valid any more.
            WebError: the server gave none; the message says why.

        """
        ...

    async def renew(self, client: OAuthClient, grant: AccountGrant) -> AccountGrant:
        """Return the next grant, by the refresh token; it holds the one to use from now on.

        Raises:
            GrantRefused: the refresh token is not valid any more.
            WebError: the server gave none; the message says why.

        """
        ...

    async def revoke(self, client: OAuthClient, grant: AccountGrant) -> None:
        """Tell the server that the grant is not used any more.

        Raises:
            WebError: the server did not take it.

        """
        ...

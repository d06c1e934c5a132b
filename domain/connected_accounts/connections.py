"""Connecting an account by OAuth 2.0: the user is sent to the service, and comes back with a code.

``state`` is random, used once and good for minutes. It belongs to the login session that began, and
the person who comes back sees whose account this is and confirms it: a link that somebody else sent
must not connect a person's account to that somebody.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.accounts.authentication import Authentication
from domain.accounts.identity import Identity
from domain.accounts.secrets import fingerprint, new_secret
from domain.accounts.users import User
from domain.connected_accounts.account import Account, OAuthAccount
from domain.connected_accounts.connected_account import AccountKey, PendingConnection
from domain.connected_accounts.connector import AccountConnector
from domain.connected_accounts.declared import DeclaredAccounts
from domain.connected_accounts.ports import AuthorizationServers, PendingConnections
from domain.shared.cipher import Cipher, open_json, seal_json
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, Gone, NotFound, Unauthenticated, Unavailable

LIFE: Final = timedelta(minutes=10)
_VERIFIER: Final = 64  # bytes: 86 characters, of the 43 to 128 that RFC 7636 allows

_log = logging.getLogger("puerto.changes")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a person who comes back from a service is to confirm: this account, for that user."""

    user: User
    account: Account


class AccountConnections:
    """Sends users to services, and takes them back."""

    def __init__(
        self,
        declared: DeclaredAccounts,
        pending: PendingConnections,
        connector: AccountConnector,
        servers: AuthorizationServers,
        authentication: Authentication,
        cipher: Cipher,
        clock: Clock,
    ) -> None:
        self._declared = declared
        self._pending = pending
        self._connector = connector
        self._servers = servers
        self._authentication = authentication
        self._cipher = cipher
        self._clock = clock

    async def begin(
        self, identity: Identity, plugin: str, name: str, redirect_uri: str | None
    ) -> str:
        """Return the address at which the user consents; it replaces one that was given before.

        Raises:
            NotFound: no plugin in use declares this account.
            Conflict: it is connected by a key.
            Unavailable: the plugin's settings are not set up, or ``redirect_uri`` is None: the
                address under which browsers reach the service is not known.
            Forbidden: the caller has an API key: a person must consent in a browser.

        """
        identity.require_login()
        account = await self._declared.get(plugin, name)
        if not isinstance(account, OAuthAccount):
            raise Conflict(f"{account.title} is connected by a key of yours, not at the service.")
        if redirect_uri is None:
            raise Unavailable(
                "Nobody knows under which address browsers reach this service: the operator must"
                " set PUERTO_PUBLIC_URL."
            )
        key = AccountKey(identity.user.id, plugin, name)
        client = await self._declared.client(key, account)
        state, verifier = new_secret(), secrets.token_urlsafe(_VERIFIER)
        url = self._servers.authorize_url(client, redirect_uri, state, verifier)
        now, mark = self._clock.now(), fingerprint(state)
        values = {"verifier": verifier, "redirect_uri": redirect_uri}
        await self._pending.put(
            PendingConnection(
                fingerprint=mark,
                session_id=identity.session_id,
                plugin=plugin,
                name=name,
                sealed=seal_json(self._cipher, values, _place(mark)),
                access_until=identity.expires_at,
                expires_at=now + LIFE,
            ),
            now,
        )
        return url

    async def confirmation(self, state: str) -> Confirmation:
        """Return what the person who came back is asked.

        Raises:
            Gone: the link was used, is too old or unknown, or its user has logged out.

        """
        user, account = await self._owner(await self._pending.get(fingerprint(state)))
        return Confirmation(user, account)

    async def finish(self, state: str, code: str) -> Confirmation:
        """Connect the account with the code that the service gave. The link is used up by it.

        Raises:
            Gone: the link was used, is too old or unknown, or its user has logged out.
            Unavailable: the plugin's OAuth client is not set up.
            WebError: the service gave no access for the code; the message says why.

        """
        pending = await self._pending.take(fingerprint(state))
        user, account = await self._owner(pending)
        assert pending is not None  # noqa: S101  else `_owner` has raised
        key = AccountKey(user.id, pending.plugin, pending.name)
        values = open_json(self._cipher, pending.sealed, _place(pending.fingerprint))
        client = await self._declared.client(key, account)
        grant = await self._servers.exchange(
            client, values["redirect_uri"], code, values["verifier"]
        )
        await self._connector.connect(user, pending.plugin, account, grant)
        _log.info("the account %s of %s was connected", key.name, key.plugin)
        return Confirmation(user, account)

    async def refused(self, state: str) -> None:
        """Forget what was begun: the person did not consent, or the service refused."""
        await self._pending.take(fingerprint(state))

    async def _owner(self, pending: PendingConnection | None) -> tuple[User, OAuthAccount]:
        if pending is None or pending.expires_at <= self._clock.now():
            raise Gone("This link was used before, or is too old. Begin again.")
        try:
            identity = await self._authentication.of_session(
                pending.session_id, pending.access_until
            )
            account = await self._declared.get(pending.plugin, pending.name)
        except Unauthenticated as error:
            raise Gone(
                "Who began this has logged out meanwhile. Log in and begin again."
            ) from error
        except NotFound as error:
            raise Gone(error.message) from error
        if not isinstance(account, OAuthAccount):
            raise Gone(f"{account.title} is connected by a key now.")
        return identity.user, account


def _place(mark: str) -> str:
    return f"pending_connections {mark}"

"""Access to connected accounts for tool calls: grants are renewed before they expire.

One worker at a time renews a grant, since many servers issue a new refresh token each time and
accept the old one no more. Who renews has reserved it in the account's row; the others wait for the
new revision. The renewal is a task of its own: no timeout and no cancelled call can lose the
refresh token that the server has just issued.
"""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final

from domain.connected_accounts.account import Account, KeyAccount, OAuthAccount
from domain.connected_accounts.connected_account import AccountGrant, AccountKey, ConnectedAccount
from domain.connected_accounts.declared import DeclaredAccounts
from domain.connected_accounts.grant_store import GrantStore
from domain.connected_accounts.ports import AuthorizationServers, ConnectedAccounts
from domain.shared.clock import Clock
from domain.shared.errors import GrantRefused, NotFound, PuertoError, ToolFailed, Unavailable
from domain.tools.credentials import AccountCredentials
from domain.tools.questions import QuestionKind, ToolQuestion

LEEWAY: Final = timedelta(minutes=1)  # before its expiry, from which a token is renewed
RENEWAL: Final = timedelta(minutes=1)  # after which another worker may try: longer than it takes
_POLLS: Final = (0.05, 0.1, 0.2, *[0.5] * 40)  # seconds, while another one renews
_STORE_PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds, while the database does not answer

_log = logging.getLogger(__name__)


class AccountAccess:
    """Gives tools the credentials of the user who calls."""

    def __init__(
        self,
        declared: DeclaredAccounts,
        accounts: ConnectedAccounts,
        grants: GrantStore,
        servers: AuthorizationServers,
        clock: Clock,
    ) -> None:
        self._declared = declared
        self._accounts = accounts
        self._grants = grants
        self._servers = servers
        self._clock = clock
        self._renewals: set[asyncio.Task[AccountGrant | None]] = set()

    async def credentials(self, key: AccountKey, rejected: str = "") -> AccountCredentials | None:
        """Return valid credentials; None: the user has to connect the account.

        ``rejected`` is a token that the service did not accept: it is renewed, or where that is not
        possible, the account has to be connected again.

        Raises:
            ToolFailed: the plugin has no such account, or the credentials cannot be had now.

        """
        account = await self._account(key)
        try:
            grant = await self._valid(account, key, rejected)
        except PuertoError as error:
            raise ToolFailed(error.message) from error
        return None if grant is None else grant.credentials(account.kind)

    async def is_connected(self, key: AccountKey) -> bool:
        """Tell whether an account is connected, as far as is known here."""
        account = (await self._declared.located()).get((key.plugin, key.name))
        stored = await self._accounts.get(key) if account is not None else None
        return account is not None and stored is not None and stored.is_good_for(account)

    async def question(self, key: AccountKey) -> ToolQuestion:
        """Return the question that asks the user to connect an account.

        Raises:
            ToolFailed: the plugin has no such account.

        """
        account = await self._account(key)
        fields = {
            "plugin": key.plugin,
            "account": key.name,
            "title": account.title,
            "connect_by": account.kind.value,
            "instructions": account.instructions if isinstance(account, KeyAccount) else "",
        }
        message = f"Connect your account of {account.title}."
        return ToolQuestion(QuestionKind.CONNECT_ACCOUNT, message, fields)

    async def _account(self, key: AccountKey) -> Account:
        try:
            return await self._declared.get(key.plugin, key.name)
        except (NotFound, Unavailable) as error:
            raise ToolFailed(error.message) from error

    async def close(self) -> None:
        """Wait for the renewals that have begun: each may hold a refresh token to be stored."""
        await asyncio.gather(*self._renewals, return_exceptions=True)

    async def _valid(self, account: Account, key: AccountKey, rejected: str) -> AccountGrant | None:
        for pause in _POLLS:
            stored = await self._accounts.get(key)
            if stored is None or not stored.is_good_for(account):
                return None
            grant = await self._grants.current(stored)
            if not self._is_due(grant, rejected):
                return grant
            if not (isinstance(account, OAuthAccount) and grant.refresh_token):
                await self._grants.lapse(stored, _ended(account))
                return None
            now = self._clock.now()
            if await self._accounts.begin_renewal(stored, now, now + RENEWAL):
                return await self._shielded(self._renewed(account, stored, grant, rejected))
            await asyncio.sleep(pause)
        raise Unavailable(f"The access to {account.title} is being renewed. Try again.")

    def _is_due(self, grant: AccountGrant, rejected: str) -> bool:
        if grant.token == rejected:
            return True
        leeway = LEEWAY if grant.refresh_token else timedelta(0)
        return grant.expires_at is not None and grant.expires_at - leeway <= self._clock.now()

    async def _shielded(
        self, renewal: Coroutine[Any, Any, AccountGrant | None]
    ) -> AccountGrant | None:
        task = asyncio.create_task(renewal)
        self._renewals.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: "asyncio.Task[AccountGrant | None]") -> None:
        self._renewals.discard(task)
        if not task.cancelled():
            task.exception()  # mark as retrieved: the caller may have been cancelled

    async def _renewed(
        self, account: OAuthAccount, stored: ConnectedAccount, grant: AccountGrant, rejected: str
    ) -> AccountGrant | None:
        """Renew a grant whose renewal is reserved; None: it is accepted no more."""
        try:
            client = await self._declared.client(stored.key, account)
            renewed = await self._servers.renew(client, grant)
        except GrantRefused:
            await self._grants.lapse(stored, _ended(account))
            _log.info(
                "%s accepts a user's grant no more: it must be connected again", account.title
            )
            return None
        except PuertoError as error:
            await self._accounts.end_renewal(stored)
            if self._is_alive(grant) and grant.token != rejected:
                _log.warning("the access to %s was not renewed: %s", account.title, error.message)
                return grant
            raise
        if not await self._stored(stored, renewed) and await self._accounts.get(stored.key) is None:
            await self._servers.revoke(client, renewed)  # it was disconnected meanwhile
            return None
        return renewed

    def _is_alive(self, grant: AccountGrant) -> bool:
        return grant.expires_at is None or grant.expires_at > self._clock.now()

    async def _stored(self, stored: ConnectedAccount, renewed: AccountGrant) -> bool:
        """Store a renewed grant, however often it takes: the one before may be worth nothing."""
        for pause in _STORE_PAUSES:
            try:
                return await self._grants.change(stored, renewed)
            except Unavailable:
                await asyncio.sleep(pause)
        return await self._grants.change(stored, renewed)


def _ended(account: Account) -> str:
    return f"{account.title} accepts this access no more. Connect it again."

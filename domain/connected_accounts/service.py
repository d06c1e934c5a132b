"""The use cases of a user's connected accounts: list them, set a key, disconnect."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.accounts.users import User
from domain.connected_accounts.account import Account, AccountKind, OAuthAccount
from domain.connected_accounts.connected_account import AccountGrant, AccountKey, ConnectedAccount
from domain.connected_accounts.connector import AccountConnector
from domain.connected_accounts.declared import DeclaredAccounts
from domain.connected_accounts.grant_store import GrantStore
from domain.connected_accounts.ports import AuthorizationServers, ConnectedAccounts
from domain.shared.errors import Conflict, NotFound, PuertoError

_log = logging.getLogger("puerto.changes")


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account that a plugin declares, or that the user has connected, or both.

    ``account`` is None where no plugin in use declares it any more. ``is_connected`` says that
    calls can use it; else ``problem`` says why a connection of before is of no use.
    """

    plugin: str
    name: str
    account: Account | None
    is_connected: bool
    scopes: tuple[str, ...] = ()
    since: datetime | None = None
    problem: str = ""


class AccountService:
    """Looks after the accounts that a user has connected."""

    def __init__(
        self,
        declared: DeclaredAccounts,
        accounts: ConnectedAccounts,
        grants: GrantStore,
        connector: AccountConnector,
        servers: AuthorizationServers,
    ) -> None:
        self._declared = declared
        self._accounts = accounts
        self._grants = grants
        self._connector = connector
        self._servers = servers

    async def find(self, user: User) -> Sequence[AccountState]:
        """Return what plugins declare and what the user has connected, by plugin and name."""
        declared = await self._declared.located()
        stored = {
            (each.key.plugin, each.key.name): each for each in await self._accounts.of_user(user.id)
        }
        places = sorted(declared.keys() | stored.keys())
        return [_state(place, declared.get(place), stored.get(place)) for place in places]

    async def set_key(self, user: User, plugin: str, name: str, value: str) -> AccountState:
        """Connect an account by a key of the user's, in place of one before.

        Raises:
            NotFound: no plugin in use declares this account.
            Conflict: it is connected by OAuth.

        """
        account = await self._declared.get(plugin, name)
        if account.kind is not AccountKind.KEY:
            raise Conflict(f"{account.title} takes no key: it is connected at the service.")
        key = await self._connector.connect(user, plugin, account, AccountGrant(value))
        _log.info("a key for the account %s of %s was set", name, plugin)
        return _state((plugin, name), account, await self._accounts.get(key))

    async def disconnect(self, user: User, plugin: str, name: str) -> None:
        """Delete what is stored of an account, and tell the service, if it can be told.

        Raises:
            NotFound: the user has not connected it, and no plugin in use declares it.

        """
        stored = await self._accounts.remove(AccountKey(user.id, plugin, name))
        account = (await self._declared.located()).get((plugin, name))
        if stored is None:
            if account is None:
                raise NotFound("There is no such account.")
            return
        _log.info("the account %s of %s was disconnected", name, plugin)
        if isinstance(account, OAuthAccount) and account.revoke_url and stored.sealed is not None:
            await self._revoke(account, stored)

    async def _revoke(self, account: OAuthAccount, stored: ConnectedAccount) -> None:
        try:
            client = await self._declared.client(stored.key, account)
            await self._servers.revoke(client, self._grants.opened(stored))
        except PuertoError as error:
            _log.warning("%s was not told of a disconnection: %s", account.title, error.message)


def _state(
    place: tuple[str, str], account: Account | None, stored: ConnectedAccount | None
) -> AccountState:
    plugin, name = place
    if stored is None:
        return AccountState(plugin, name, account, is_connected=False)
    is_good = account is not None and stored.is_good_for(account)
    return AccountState(
        plugin,
        name,
        account,
        is_connected=is_good,
        scopes=stored.scopes if stored.sealed is not None else (),
        since=stored.connected_at,
        problem=_problem(account, stored, is_good=is_good),
    )


def _problem(account: Account | None, stored: ConnectedAccount, *, is_good: bool) -> str:
    if is_good:
        return ""
    if account is None:
        return "No plugin in use asks for it any more. It is kept until you disconnect it."
    if isinstance(account, OAuthAccount) and account.base_url is not None:
        return f"{account.title} is not set up: its plugin's settings do not tell its address."
    return stored.problem or f"{account.title} asks for other access than before. Connect it again."

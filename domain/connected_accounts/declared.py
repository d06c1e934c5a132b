"""The accounts that plugins declare, found by name, and their OAuth clients."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from domain.connected_accounts.account import Account, OAuthAccount
from domain.connected_accounts.connected_account import AccountKey
from domain.connected_accounts.ports import AccountOffers, OAuthClient
from domain.shared.errors import NotFound, Unavailable
from domain.shared.untrusted import in_short, in_thread, within
from domain.tools.context import PluginContext, PluginContexts

ASK_SECONDS: Final = 5.0

T = TypeVar("T")


class DeclaredAccounts:
    """Finds accounts, and asks plugins for their OAuth clients."""

    def __init__(self, offers: AccountOffers, contexts: PluginContexts) -> None:
        self._offers = offers
        self._contexts = contexts

    def all(self) -> dict[tuple[str, str], Account]:
        """Return the accounts by plugin and name, as they are declared."""
        return {(each.plugin, each.value.name): each.value for each in self._offers.accounts()}

    async def located(self) -> dict[tuple[str, str], Account]:
        """Return the accounts with whole addresses, where the plugins' settings tell these."""
        found = self.all()
        for (plugin, name), account in found.items():
            with suppress(Unavailable):
                found[plugin, name] = await self._located(plugin, account)
        return found

    async def get(self, plugin: str, name: str) -> Account:
        """Return one account, with whole addresses.

        Raises:
            NotFound: no plugin in use declares it.
            Unavailable: the plugin's settings do not tell its service's address.

        """
        account = self.all().get((plugin, name))
        if account is None:
            raise NotFound(f"The plugin {plugin!r} has no account {name!r}.")
        return await self._located(plugin, account)

    async def client(self, key: AccountKey, account: OAuthAccount) -> OAuthClient:
        """Return the OAuth client of an account, as the plugin's settings have it now.

        Raises:
            Unavailable: the plugin cannot say; the message says why.

        """

        def client(context: PluginContext) -> OAuthClient:
            given: Any = account.client(context)
            client_id, secret = given
            if not (isinstance(client_id, str) and client_id and isinstance(secret, str)):
                raise ValueError("it has no client id, or the secret is no text")
            return OAuthClient(account, client_id, secret)

        return await self._asked(key.plugin, account, client)

    async def _located(self, plugin: str, account: Account) -> Account:
        if not isinstance(account, OAuthAccount) or (base_url := account.base_url) is None:
            return account
        return await self._asked(plugin, account, lambda context: account.at(base_url(context)))

    async def _asked(self, plugin: str, account: Account, ask: Callable[[PluginContext], T]) -> T:
        """Call a plugin's function, in a thread and within `ASK_SECONDS`: it may do anything.

        Raises:
            Unavailable: it raised, or took too long.

        """
        work = partial(ask, self._contexts.of(plugin))
        try:
            return await within(ASK_SECONDS, lambda: in_thread(work, f"account of {plugin}"))
        except Exception as error:  # untrusted code, such as settings that are missing
            why = in_short(error, self._contexts.secrets(plugin).hide)
            raise Unavailable(
                f"{account.title} is not set up: see the settings of the plugin {plugin} ({why})."
            ) from error

"""The accounts that plugins declare, found by name, and their OAuth clients."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from domain.connected_accounts.account import Account, OAuthAccount
from domain.connected_accounts.connected_account import AccountKey
from domain.connected_accounts.ports import AccountOffers, OAuthClient
from domain.shared.errors import NotFound, Unavailable
from domain.shared.untrusted import contained, in_short
from domain.tools.context import PluginContexts


class DeclaredAccounts:
    """Finds accounts, and asks plugins for their OAuth clients."""

    def __init__(self, offers: AccountOffers, contexts: PluginContexts) -> None:
        self._offers = offers
        self._contexts = contexts

    def all(self) -> dict[tuple[str, str], Account]:
        """Return the accounts by plugin and name, as they are declared."""
        return {(each.plugin, each.value.name): each.value for each in self._offers.accounts()}

    def located(self) -> dict[tuple[str, str], Account]:
        """Return the accounts with whole addresses, where the plugins' settings tell these."""
        found = self.all()
        for (plugin, name), account in found.items():
            with suppress(Unavailable):
                found[plugin, name] = self._located(plugin, account)
        return found

    def get(self, plugin: str, name: str) -> Account:
        """Return one account, with whole addresses.

        Raises:
            NotFound: no plugin in use declares it.
            Unavailable: the plugin's settings do not tell its service's address.

        """
        account = self.all().get((plugin, name))
        if account is None:
            raise NotFound(f"The plugin {plugin!r} has no account {name!r}.")
        return self._located(plugin, account)

    def client(self, key: AccountKey, account: OAuthAccount) -> OAuthClient:
        """Return the OAuth client of an account, as the plugin's settings have it now.

        Raises:
            Unavailable: the plugin cannot say; the message says why.

        """
        with self._settings_of(key.plugin, account):
            given: Any = account.client(self._contexts.of(key.plugin))
            client_id, secret = given
            if not (isinstance(client_id, str) and client_id and isinstance(secret, str)):
                raise ValueError("it has no client id, or the secret is no text")
        return OAuthClient(account, client_id, secret)

    def _located(self, plugin: str, account: Account) -> Account:
        if not isinstance(account, OAuthAccount) or account.base_url is None:
            return account
        with self._settings_of(plugin, account):
            return account.at(account.base_url(self._contexts.of(plugin)))

    @contextmanager
    def _settings_of(self, plugin: str, account: Account) -> Iterator[None]:
        """Turn what a plugin's function raises into an error for the operator."""
        try:
            with contained():
                yield
        except Exception as error:  # untrusted code, such as settings that are missing
            why = in_short(error, self._contexts.secrets(plugin).hide)
            raise Unavailable(
                f"{account.title} is not set up: see the settings of the plugin {plugin} ({why})."
            ) from error

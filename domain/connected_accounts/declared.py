"""The accounts that plugins declare, found by name, and their OAuth clients."""

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
        """Return the accounts by plugin and name."""
        return {(each.plugin, each.value.name): each.value for each in self._offers.accounts()}

    def get(self, plugin: str, name: str) -> Account:
        """Return one account.

        Raises:
            NotFound: no plugin in use declares it.

        """
        try:
            return self.all()[plugin, name]
        except KeyError:
            raise NotFound(f"The plugin {plugin!r} has no account {name!r}.") from None

    def client(self, key: AccountKey, account: OAuthAccount) -> OAuthClient:
        """Return the OAuth client of an account, as the plugin's settings have it now.

        Raises:
            Unavailable: the plugin cannot say; the message says why.

        """
        what = f"The OAuth client of {account.title}"
        hide = self._contexts.secrets(key.plugin).hide
        try:
            with contained():
                given: Any = account.client(self._contexts.of(key.plugin))
            client_id, secret = given
        except Exception as error:  # untrusted code, such as settings that are missing
            raise Unavailable(
                f"{what} is not set up: see the plugin {key.plugin}'s settings"
                f" ({in_short(error, hide)})."
            ) from error
        if not (isinstance(client_id, str) and client_id and isinstance(secret, str)):
            raise Unavailable(f"{what} is not set up: see the plugin {key.plugin}'s settings.")
        return OAuthClient(account, client_id, secret)

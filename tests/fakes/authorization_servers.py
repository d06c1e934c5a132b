"""An authorization server in memory: it rotates refresh tokens, and accepts each of them once."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from typing_extensions import override

from adapters.persistence import Store
from domain.connected_accounts.access import AccountAccess
from domain.connected_accounts.account import Account, OAuthAccount
from domain.connected_accounts.connected_account import AccountGrant
from domain.connected_accounts.declared import DeclaredAccounts
from domain.connected_accounts.grant_store import GrantStore
from domain.connected_accounts.ports import AccountOffers, AuthorizationServers, OAuthClient
from domain.execution.call_services.inputs import UserInputs
from domain.plugins.plugin import Registered
from domain.shared.clock import Clock
from domain.shared.errors import GrantRefused, PuertoError
from domain.tools.context import PluginContexts
from plugins.authoring.forms import PydanticForms
from tests.fakes.learned_apis import FakeCipher
from tests.fakes.tools import FakeHttpClients

CLIENT = ("the-client", "the-secret-of-the-client")


def an_oauth_account(**changes: object) -> OAuthAccount:
    values: Mapping[str, object] = {
        "name": "jira",
        "title": "Jira",
        "authorize_url": "https://jira.example/authorize",
        "token_url": "https://jira.example/token",
        "revoke_url": "https://jira.example/revoke",
        "scopes": ("read", "write"),
        "client": lambda _: CLIENT,
        **changes,
    }
    return OAuthAccount(**values)  # type: ignore[arg-type]


class FakeOffers(AccountOffers):
    """Accounts of one plugin."""

    def __init__(self, *accounts: Account, plugin: str = "tickets") -> None:
        self.offered = list(accounts)
        self.plugin = plugin

    @override
    def accounts(self) -> Sequence[Registered[Account]]:
        return [Registered(self.plugin, account) for account in self.offered]


def grants_in(store: Store, clock: Clock) -> GrantStore:
    """Return the grants of a store, encrypted by `FakeCipher`."""
    return GrantStore(store.connected_accounts, FakeCipher(), clock)


def inputs_over(store: Store, clock: Clock, *accounts: Account) -> UserInputs:
    """Return what calls of the plugin ``fake`` get from their users; it declares these accounts."""
    contexts = PluginContexts(FakeHttpClients(), clock, store.plugin_values)
    declared = DeclaredAccounts(FakeOffers(*accounts, plugin="fake"), contexts)
    connected, grants = store.connected_accounts, grants_in(store, clock)
    access = AccountAccess(declared, connected, grants, FakeServers(clock), clock)
    return UserInputs(PydanticForms(), access)


class FakeServers(AuthorizationServers):
    """Grants last an hour. A request waits for ``gate``, and raises ``error`` if there is one."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: PuertoError | None = None
        self.renewals = 0
        self.given = 0
        self.good: set[str] = set()  # refresh tokens
        self.codes: dict[str, str] = {}  # verifiers by code
        self.revoked: list[str] = []
        self.secrets: list[str] = []

    def grant(self) -> AccountGrant:
        """Return a new grant."""
        self.given += 1
        refresh_token = f"refresh-token-{self.given}"
        self.good.add(refresh_token)
        ends = self.clock.now() + timedelta(hours=1)
        return AccountGrant(f"access-token-{self.given}", refresh_token, ("read",), ends)

    @override
    def authorize_url(
        self, client: OAuthClient, redirect_uri: str, state: str, verifier: str
    ) -> str:
        self.codes["code-of-" + state] = verifier
        return f"{client.account.authorize_url}?state={state}&to={redirect_uri}"

    @override
    async def exchange(
        self, client: OAuthClient, redirect_uri: str, code: str, verifier: str
    ) -> AccountGrant:
        await self._asked(client)
        if self.codes.pop(code, None) != verifier:
            raise GrantRefused("jira.example gave no access token: invalid_grant")
        return self.grant()

    @override
    async def renew(self, client: OAuthClient, grant: AccountGrant) -> AccountGrant:
        self.renewals += 1
        await self._asked(client)
        if grant.refresh_token not in self.good:
            raise GrantRefused("jira.example gave no access token: invalid_grant")
        self.good.remove(grant.refresh_token)
        return self.grant()

    @override
    async def revoke(self, client: OAuthClient, grant: AccountGrant) -> None:
        await self._asked(client)
        self.good.discard(grant.refresh_token)
        self.revoked.append(grant.refresh_token or grant.token)

    async def _asked(self, client: OAuthClient) -> None:
        self.secrets.append(client.client_secret)
        await self.gate.wait()
        if self.error is not None:
            raise self.error

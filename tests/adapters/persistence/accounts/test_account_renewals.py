"""Workers on one database renew a grant once, at a server that accepts a refresh token once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from adapters.http.authorization_servers import OAuthServers
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from adapters.persistence import Database, Store
from adapters.security.encryption import AesCipher
from domain.connected_accounts.access import AccountAccess
from domain.connected_accounts.account import OAuthAccount
from domain.connected_accounts.connected_account import AccountKey
from domain.connected_accounts.declared import DeclaredAccounts
from domain.connected_accounts.grant_store import GrantStore
from domain.connected_accounts.ports import OAuthClient
from domain.shared.clock import Clock
from domain.tools.context import PluginContexts
from domain.web.open_hosts import read_open_hosts
from tests.adapters.persistence.stores import NOW, UNKNOWN
from tests.fakes.authorization_servers import FakeOffers, an_oauth_account
from tests.fakes.clock import FakeClock
from tests.fakes.tools import FakeHttpClients
from tests.support.authorization_server import CLIENT, AuthorizationServerApp, consent_at
from tests.support.web_server import WebServer

KEY = AccountKey(UNKNOWN, "tickets", "jira")
BACK = "http://127.0.0.1:8000/api/connected-accounts/callback"
VERIFIER = "v" * 64
WORKERS = 3


class OneWorker:
    """What a worker has: connections and a cipher of its own, on the database of all."""

    def __init__(self, database: Database, account: OAuthAccount, clock: Clock) -> None:
        transport = GuardedTransport(SsrfGuard(read_open_hosts(["127.0.0.1"])))
        store, cipher = Store(database), AesCipher(lambda: "a secret that all the workers share")
        self.account = account
        self.servers = OAuthServers(transport, clock)
        self.grants = GrantStore(store.connected_accounts, cipher, clock)
        declared = DeclaredAccounts(
            FakeOffers(account), PluginContexts(FakeHttpClients(), clock, store.plugin_values)
        )
        self.access = AccountAccess(
            declared, store.connected_accounts, self.grants, self.servers, clock
        )

    async def connect(self) -> None:
        """Connect the account, as a user with a browser does."""
        client = OAuthClient(self.account, *CLIENT)
        query = await consent_at(self.servers.authorize_url(client, BACK, "state", VERIFIER))
        grant = await self.servers.exchange(client, BACK, query["code"], VERIFIER)
        await self.grants.keep(KEY, self.account, grant)

    async def token(self) -> str | None:
        credentials = await self.access.credentials(KEY)
        return None if credentials is None else credentials.token


@asynccontextmanager
async def workers(url: str, server: WebServer, clock: Clock) -> AsyncIterator[list[OneWorker]]:
    account = an_oauth_account(
        authorize_url=f"{server.url}/authorize",
        token_url=f"{server.url}/token",
        client=lambda _: CLIENT,
    )
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(WORKERS):
            database = Database(url)
            await database.start()
            stack.push_async_callback(database.close)
            found.append(OneWorker(database, account, clock))
        yield found


async def test_of_many_calls_on_many_workers_one_renews_the_grant(database_url: str) -> None:
    app, clock = AuthorizationServerApp(), FakeClock(NOW)
    async with WebServer(app) as server, workers(database_url, server, clock) as town:
        await town[0].connect()
        app.seconds = 0.2  # that a renewal takes, while all the others come
        for time in range(1, 4):
            clock.advance(timedelta(hours=1))
            found = await asyncio.gather(*[each.token() for each in town for _ in range(4)])
            assert len(set(found)) == 1
            assert app.refreshes == time
            (token,) = set(found)
            assert token is not None
            assert app.token(token) is not None  # no refresh token was used twice

"""A provider on loopback, and what reads its tokens."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from adapters.http.client import GuardedWeb
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from adapters.security.oidc.claims import RoleClaim
from adapters.security.oidc.documents import ProviderDocuments
from adapters.security.oidc.tokens import ForeignTokens, TokenVerifier
from domain.web.open_hosts import read_open_hosts
from tests.fakes.clock import FakeClock
from tests.support.identity_provider import AUDIENCE, ProviderApp
from tests.support.web_server import WebServer


class House:
    """Reads the tokens of a provider, as one worker does."""

    def __init__(self, app: ProviderApp, clock: FakeClock, role: RoleClaim, *opened: str) -> None:
        guard = SsrfGuard(read_open_hosts(opened))
        self.app = app
        self.web = GuardedWeb(guard, GuardedTransport(guard))
        self.documents = ProviderDocuments(self.web, app.url)
        self.verifier = TokenVerifier(self.documents, clock)
        self.tokens = ForeignTokens(self.documents, self.verifier, ["other", AUDIENCE], role)

    async def close(self) -> None:
        await self.documents.close()
        await self.web.close()


@asynccontextmanager
async def house(
    app: ProviderApp, clock: FakeClock, role: RoleClaim | None = None, opened: str = "127.0.0.1"
) -> AsyncGenerator[House]:
    """Start the provider."""
    app.now = lambda: clock.now().timestamp()
    async with WebServer(app) as server:
        app.url = app.url or server.url
        built = House(app, clock, role or RoleClaim(), opened)
        yield built
        await built.close()

"""OAuth 2.0 access tokens of learned APIs: through the SSRF guard, cached until they expire."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from authlib.integrations.httpx_client import AsyncOAuth2Client
from typing_extensions import override

from adapters.http.guarded_transport import GuardedTransport
from adapters.http.token_endpoint import ClientIdentity, TokenEndpoint, seconds_of
from domain.learning.api.credentials import OAuthGrant
from domain.learning.ports import AccessTokens
from domain.shared.errors import WebError

_LEEWAY: Final = 30.0  # seconds before its expiry from which a token is not used any more
_DEFAULT_LIFE: Final = 300.0  # seconds, if the server does not say

Rotated = Callable[[OAuthGrant, str], Awaitable[None]]
"""Is called with a refresh token that replaces the grant's own (rotation)."""


@dataclass(slots=True)
class _CachedToken:
    """The cached token of a grant; ``until`` is its expiry on the monotonic clock."""

    refresh: str
    token: str = ""
    until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class OAuthTokens(AccessTokens):
    """Gets and caches tokens with authlib; concurrent calls for one grant share one request.

    The tokens of the ``most`` grants that were used last stay in the cache.
    """

    def __init__(
        self, transport: GuardedTransport, *, rotated: Rotated | None = None, most: int = 10_000
    ) -> None:
        self._endpoint = TokenEndpoint(transport)
        self._rotated = rotated
        self._most = most
        self._cache: dict[OAuthGrant, _CachedToken] = {}

    @override
    async def get(self, grant: OAuthGrant) -> str:
        """Return a valid token, from the cache or from the token endpoint.

        Raises:
            AddressRefused: the SSRF guard refuses the token endpoint.
            WebTimeout: it took too long.
            WebError: it gave none; the message says why.

        """
        if not grant.token_url:
            raise WebError("Nobody says where access tokens are given: set token_url.")
        cached = self._of(grant)
        async with cached.lock:
            if cached.until <= time.monotonic():
                await self._renew(cached, grant)
            return cached.token

    @override
    def forget(self, grant: OAuthGrant) -> None:
        if grant in self._cache:
            self._cache[grant].until = 0.0

    def _of(self, grant: OAuthGrant) -> _CachedToken:
        return self._keep(grant, self._cache.get(grant) or _CachedToken(grant.refresh_token))

    def _keep(self, grant: OAuthGrant, cached: _CachedToken) -> _CachedToken:
        """Put a grant last in the cache; if it is full, the first that is not asked for leaves.

        One that is asked for stays: a second request would use its refresh token again.
        """
        self._cache.pop(grant, None)
        if len(self._cache) >= self._most:
            idle = (each for each, one in self._cache.items() if not one.lock.locked())
            self._cache.pop(next(idle, grant), None)
        self._cache[grant] = cached
        return cached

    async def _renew(self, cached: _CachedToken, grant: OAuthGrant) -> None:
        async def ask(session: AsyncOAuth2Client) -> Any:
            if cached.refresh:
                return await session.refresh_token(grant.token_url, refresh_token=cached.refresh)
            return await session.fetch_token(grant.token_url, grant_type="client_credentials")

        client = ClientIdentity(grant.client_id, grant.client_secret)
        token = await self._endpoint.token(grant.token_url, client, ask, grant.scopes)
        life = seconds_of(token.get("expires_in"))
        seconds = _DEFAULT_LIFE if life is None else life
        cached.token, cached.until = token["access_token"], time.monotonic() + seconds - _LEEWAY
        given = token.get("refresh_token")
        if isinstance(given, str) and given and cached.refresh and given != cached.refresh:
            cached.refresh = given
            self._keep(replace(grant, refresh_token=given), cached)  # the grant as stored now
            if self._rotated is not None:
                await self._rotated(grant, given)

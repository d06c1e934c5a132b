"""OAuth 2.0 access tokens (RFC 6749): fetched through the SSRF guard, cached until they expire."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from typing_extensions import override

from adapters.http.decoding import ACCEPTED, BodyDecoder
from adapters.http.guarded_transport import GuardedTransport
from domain.learning.api.credentials import OAuthGrant
from domain.learning.ports import AccessTokens
from domain.shared.errors import WebError, WebTimeout

_SECONDS: Final = 15.0
_BYTES: Final = 200_000
_LEEWAY: Final = 30.0  # seconds before its expiry from which a token is not used any more
_DEFAULT_LIFE: Final = 300.0  # seconds, if the server does not say
_METHODS: Final = ("client_secret_basic", "client_secret_post")

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
        self._transport = _Bounded(transport)
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
        token = await self._asked(cached, grant)
        seconds = _seconds(token.get("expires_in"))
        cached.token, cached.until = token["access_token"], time.monotonic() + seconds - _LEEWAY
        given = token.get("refresh_token")
        if isinstance(given, str) and given and cached.refresh and given != cached.refresh:
            cached.refresh = given
            self._keep(replace(grant, refresh_token=given), cached)  # the grant as stored now
            if self._rotated is not None:
                await self._rotated(grant, given)

    async def _asked(self, cached: _CachedToken, grant: OAuthGrant) -> dict[str, Any]:
        host = httpx2.URL(grant.token_url).host
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._fetched(cached, grant)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise WebTimeout(f"{host} gave no access token within {_SECONDS:g} s.") from error
        except OAuthError as error:
            raise WebError(f"{host} gave no access token: {error}") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise WebError(f"{host} gave no access token, and no reason.") from error

    async def _fetched(self, cached: _CachedToken, grant: OAuthGrant) -> dict[str, Any]:
        """Ask the endpoint; retry with the other client authentication on ``invalid_client``."""
        for method in _METHODS if grant.client_secret else ("none",):
            try:
                token = await self._fetched_by(method, cached, grant)
            except OAuthError as error:
                if error.error != "invalid_client" or method != _METHODS[0]:
                    raise
                continue
            if not isinstance(token.get("access_token"), str):
                raise OAuthError("invalid_response", "the answer holds none")
            return token
        raise OAuthError("invalid_client")

    async def _fetched_by(
        self, method: str, cached: _CachedToken, grant: OAuthGrant
    ) -> dict[str, Any]:
        async with AsyncOAuth2Client(
            grant.client_id,
            grant.client_secret or None,
            token_endpoint_auth_method=method,
            scope=" ".join(grant.scopes) or None,
            transport=self._transport,
            trust_env=False,
            headers={"Accept-Encoding": ACCEPTED},
            timeout=_SECONDS,
        ) as client:
            if cached.refresh:
                token = await client.refresh_token(grant.token_url, refresh_token=cached.refresh)
            else:
                token = await client.fetch_token(grant.token_url, grant_type="client_credentials")
        return dict(token)


def _seconds(life: object) -> float:
    """Return a token's lifetime, which some servers send as text, and some not at all."""
    if isinstance(life, str) and life.isdecimal():
        return float(life)
    return float(life) if isinstance(life, int | float) else _DEFAULT_LIFE


class _Bounded(httpx2.AsyncBaseTransport):
    """Reads whole responses up to a limit: a token endpoint cannot send more."""

    def __init__(self, inner: GuardedTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        try:
            body = BodyDecoder(response.headers.get("content-encoding"), _BYTES)
            async for piece in response.aiter_raw():
                body.add(piece)
        finally:
            await response.aclose()
        kind = response.headers.get("content-type", "application/json")
        return httpx2.Response(
            response.status_code, headers={"content-type": kind}, content=body.whole()
        )

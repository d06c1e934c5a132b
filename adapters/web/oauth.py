"""Access tokens of OAuth 2.0 (RFC 6749): asked for through the gate, kept while they hold."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from adapters.web.decoding import ACCEPTED, Body
from adapters.web.transport import GatedTransport
from domain.api_credentials import Grant
from domain.errors import WebError, WebTimeout

_SECONDS: Final = 15.0
_BYTES: Final = 200_000
_LEEWAY: Final = 30.0  # seconds before its end that a token is not used any more
_DEFAULT_LIFE: Final = 300.0  # seconds, where the server does not say
_METHODS: Final = ("client_secret_basic", "client_secret_post")

Rotated = Callable[[Grant, str], Awaitable[None]]
"""Is told of a refresh token that takes the place of the grant's own."""


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    until: float  # on the monotonic clock


class OAuthTokens:
    """Gets tokens with authlib; whoever asks while one is on its way waits for it."""

    def __init__(self, transport: GatedTransport, *, rotated: Rotated | None = None) -> None:
        self._transport = _Bounded(transport)
        self._rotated = rotated
        self._kept: dict[Grant, _Kept] = {}
        self._refresh: dict[Grant, str] = {}
        self._locks = defaultdict[Grant, asyncio.Lock](asyncio.Lock)

    async def get(self, grant: Grant) -> str:
        """Return a token that is good now, asking for one if need be.

        Raises:
            AddressRefused: the server of tokens is not open.
            WebTimeout: it took too long.
            WebError: it gave none; the message says why.

        """
        if not grant.token_url:
            raise WebError("Nobody says where access tokens are given: set token_url.")
        async with self._locks[grant]:
            kept = self._kept.get(grant)
            if kept is None or kept.until <= time.monotonic():
                self._kept[grant] = kept = await self._asked(grant)
            return kept.token

    def forget(self, grant: Grant) -> None:
        """Ask for a new token the next time: the last one was not accepted."""
        self._kept.pop(grant, None)

    async def _asked(self, grant: Grant) -> _Kept:
        host = httpx2.URL(grant.token_url).host
        try:
            async with asyncio.timeout(_SECONDS):
                token = await self._fetched(grant)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise WebTimeout(f"{host} gave no access token within {_SECONDS:g} s.") from error
        except OAuthError as error:
            raise WebError(f"{host} gave no access token: {error}") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise WebError(f"{host} gave no access token, and no reason.") from error
        await self._keep_refresh(grant, token.get("refresh_token"))
        life = token.get("expires_in")
        seconds = float(life) if isinstance(life, int | float) else _DEFAULT_LIFE
        return _Kept(str(token["access_token"]), time.monotonic() + seconds - _LEEWAY)

    async def _fetched(self, grant: Grant) -> dict[str, Any]:
        """Ask, and ask once more in the other way if the server does not know the client."""
        for method in _METHODS if grant.client_secret else ("none",):
            try:
                token = await self._fetched_by(method, grant)
            except OAuthError as error:
                if error.error != "invalid_client" or method != _METHODS[0]:
                    raise
                continue
            if not token.get("access_token"):
                raise ValueError("no access token")
            return token
        raise OAuthError("invalid_client")

    async def _fetched_by(self, method: str, grant: Grant) -> dict[str, Any]:
        refresh = self._refresh.get(grant, grant.refresh_token)
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
            if refresh:
                token = await client.refresh_token(grant.token_url, refresh_token=refresh)
            else:
                token = await client.fetch_token(grant.token_url, grant_type="client_credentials")
        return dict(token)

    async def _keep_refresh(self, grant: Grant, given: object) -> None:
        current = self._refresh.get(grant, grant.refresh_token)
        if isinstance(given, str) and given and current and given != current:
            self._refresh[grant] = given
            if self._rotated is not None:
                await self._rotated(grant, given)


class _Bounded(httpx2.AsyncBaseTransport):
    """Reads small answers whole, so that no server of tokens can send more."""

    def __init__(self, inner: GatedTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        try:
            body = Body(response.headers.get("content-encoding"), _BYTES)
            async for piece in response.aiter_raw():
                body.add(piece)
        finally:
            await response.aclose()
        kind = response.headers.get("content-type", "application/json")
        return httpx2.Response(
            response.status_code, headers={"content-type": kind}, content=body.whole()
        )

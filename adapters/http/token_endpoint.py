"""Requests to OAuth 2.0 servers (RFC 6749), with authlib, through the SSRF guard."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from adapters.http.decoding import ACCEPTED, BodyDecoder
from adapters.http.guarded_transport import GuardedTransport
from domain.shared.errors import GrantRefused, WebError, WebTimeout
from domain.shared.text import shorten

SECONDS: Final = 15.0
_BYTES: Final = 200_000
_LONGEST: Final = 300  # characters of a server's own words
_METHODS: Final = ("client_secret_basic", "client_secret_post")
# RFC 6749, section 5.2; GitHub says the other of a refresh token that was used or has expired.
_REFUSALS: Final = frozenset({"invalid_grant", "bad_refresh_token"})

Ask = Callable[[AsyncOAuth2Client], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """The OAuth client that asks. A public one has no secret."""

    id: str
    secret: str = field(repr=False)


class TokenEndpoint:
    """Asks servers for tokens, with whichever client authentication they take."""

    def __init__(self, transport: GuardedTransport) -> None:
        self._transport = _Bounded(transport)

    async def token(
        self, url: str, client: ClientIdentity, ask: Ask, scopes: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return the token answer, which holds an ``access_token``.

        Raises:
            AddressRefused: the SSRF guard refuses the address.
            GrantRefused: the code or the refresh token is not valid any more.
            WebTimeout: it took too long.
            WebError: it gave none; the message says why.

        """

        async def checked(session: AsyncOAuth2Client) -> dict[str, Any]:
            token: dict[str, Any] = dict(await ask(session))
            if not isinstance(token.get("access_token"), str):
                raise OAuthError("invalid_response", "the answer holds none")
            return token

        answer: dict[str, Any] = await self.asked(
            url, client, checked, scopes, failed="gave no access token"
        )
        return answer

    async def by_code(
        self, url: str, client: ClientIdentity, redirect_uri: str, code: str, verifier: str
    ) -> dict[str, Any]:
        """Return the token answer for an authorization code, as `token` does."""

        async def ask(session: AsyncOAuth2Client) -> Any:
            return await session.fetch_token(
                url,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                code_verifier=verifier,
            )

        return await self.token(url, client, ask)

    async def asked(
        self,
        url: str,
        client: ClientIdentity,
        ask: Ask,
        scopes: Sequence[str] = (),
        *,
        failed: str,
    ) -> Any:
        """Return what ``ask`` returns; ``failed`` says what the server did if it raises.

        Raises:
            AddressRefused: the SSRF guard refuses the address.
            GrantRefused: the code or the refresh token is not valid any more.
            WebTimeout: it took too long.
            WebError: it failed; the message says why.

        """
        host = httpx2.URL(url).host
        try:
            async with asyncio.timeout(SECONDS):
                return await self._by_any_method(client, ask, scopes)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise WebTimeout(f"{host} {failed} within {SECONDS:g} s.") from error
        except OAuthError as error:
            message = shorten(f"{host} {failed}: {error}", _LONGEST)
            raise (GrantRefused if error.error in _REFUSALS else WebError)(message) from error
        except (httpx2.HTTPError, ValueError, TypeError, OverflowError) as error:
            # The last two are authlib's, of an expires_in that is no number, or infinite.
            raise WebError(f"{host} {failed}, and no reason.") from error

    async def _by_any_method(self, client: ClientIdentity, ask: Ask, scopes: Sequence[str]) -> Any:
        """Ask; once more, with the other client authentication, on ``invalid_client``."""
        first, *others = _METHODS if client.secret else ("none",)
        try:
            return await self._by(first, client, ask, scopes)
        except OAuthError as error:
            if error.error != "invalid_client" or not others:
                raise
        return await self._by(others[0], client, ask, scopes)

    async def _by(
        self, method: str, client: ClientIdentity, ask: Ask, scopes: Sequence[str]
    ) -> Any:
        async with AsyncOAuth2Client(
            client.id,
            client.secret or None,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            scope=" ".join(scopes) or None,
            transport=self._transport,
            trust_env=False,
            headers={"Accept-Encoding": ACCEPTED},
            timeout=SECONDS,
        ) as session:
            return await ask(session)


def seconds_of(life: object) -> float | None:
    """Return a token's lifetime, which some servers send as text, and some not at all."""
    if isinstance(life, str) and life.isdecimal():
        return float(life)
    return float(life) if isinstance(life, int | float) else None


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

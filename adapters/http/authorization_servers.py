"""The authorization servers of connected accounts, spoken to with authlib."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.integrations.httpx_client import AsyncOAuth2Client
from typing_extensions import override

from adapters.http.authorization_requests import authorization_url
from adapters.http.guarded_transport import GuardedTransport
from adapters.http.token_endpoint import ClientIdentity, TokenEndpoint, seconds_of
from domain.connected_accounts.connected_account import AccountGrant
from domain.connected_accounts.ports import AuthorizationServers, OAuthClient
from domain.shared.clock import Clock

_CENTURY: Final = 100 * 365 * 24 * 3600.0  # seconds; a longer life is none


class OAuthServers(AuthorizationServers):
    """Authorization code with PKCE, refresh and revocation; nothing is sent past the SSRF guard."""

    def __init__(self, transport: GuardedTransport, clock: Clock) -> None:
        self._endpoint = TokenEndpoint(transport)
        self._clock = clock

    @override
    def authorize_url(
        self, client: OAuthClient, redirect_uri: str, state: str, verifier: str
    ) -> str:
        account = client.account
        return authorization_url(
            account.authorize_url,
            client.client_id,
            redirect_uri,
            account.scopes,
            state,
            verifier,
            **account.authorize_parameters,
        )

    @override
    async def exchange(
        self, client: OAuthClient, redirect_uri: str, code: str, verifier: str
    ) -> AccountGrant:
        token = await self._endpoint.by_code(
            client.account.token_url, _identity(client), redirect_uri, code, verifier
        )
        return self._grant(token, "", client.account.scopes)

    @override
    async def renew(self, client: OAuthClient, grant: AccountGrant) -> AccountGrant:
        async def ask(session: AsyncOAuth2Client) -> Any:
            return await session.refresh_token(
                client.account.token_url, refresh_token=grant.refresh_token
            )

        return self._grant(await self._token(client, ask), grant.refresh_token, grant.scopes)

    @override
    async def revoke(self, client: OAuthClient, grant: AccountGrant) -> None:
        url = client.account.revoke_url
        if not url:
            return
        hint = "refresh_token" if grant.refresh_token else "access_token"

        async def ask(session: Any) -> None:  # its stubs leave this method out
            response = await session.revoke_token(
                url, token=grant.refresh_token or grant.token, token_type_hint=hint
            )
            response.raise_for_status()

        await self._endpoint.asked(url, _identity(client), ask, failed="did not revoke the access")

    async def _token(self, client: OAuthClient, ask: Any) -> dict[str, Any]:
        return await self._endpoint.token(client.account.token_url, _identity(client), ask)

    def _grant(
        self, token: dict[str, Any], refresh_token: str, scopes: Sequence[str]
    ) -> AccountGrant:
        """Return the grant of an answer; what it does not say stays as it was."""
        granted, given = token.get("scope"), token.get("refresh_token")
        return AccountGrant(
            token=token["access_token"],
            refresh_token=given if isinstance(given, str) and given else refresh_token,
            scopes=tuple(granted.split())
            if isinstance(granted, str) and granted
            else tuple(scopes),
            expires_at=self._end(seconds_of(token.get("expires_in"))),
        )

    def _end(self, seconds: float | None) -> datetime | None:
        if seconds is None or not 0 <= seconds <= _CENTURY or math.isnan(seconds):
            return None
        return self._clock.now() + timedelta(seconds=seconds)


def _identity(client: OAuthClient) -> ClientIdentity:
    return ClientIdentity(client.client_id, client.client_secret)

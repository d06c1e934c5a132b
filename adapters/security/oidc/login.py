"""Login at another provider: OpenID Connect, authorization code with PKCE, state and nonce."""

from collections.abc import Sequence

from typing_extensions import override

from adapters.http.authorization_requests import authorization_url
from adapters.http.token_endpoint import ClientIdentity, TokenEndpoint
from adapters.security.oidc.claims import RoleClaim
from adapters.security.oidc.documents import ProviderDocuments, is_same_issuer
from adapters.security.oidc.tokens import TokenVerifier, read_id_token, refused, translated
from domain.accounts.identity_provider import ForeignClaims, ProviderLogin
from domain.shared.errors import GrantRefused, Unauthenticated, Unavailable, WebError


class OidcLogin(ProviderLogin):
    """Speaks to the provider through the SSRF guard; the browser goes to its login page."""

    def __init__(
        self,
        documents: ProviderDocuments,
        verifier: TokenVerifier,
        endpoint: TokenEndpoint,
        client: ClientIdentity,
        scopes: Sequence[str],
        role: RoleClaim,
    ) -> None:
        self._documents = documents
        self._verifier = verifier
        self._endpoint = endpoint
        self._client = client
        self._scopes = scopes
        self._role = role

    @override
    async def authorize_url(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        discovery = await self._documents.discovery.get()
        if not discovery.authorization_endpoint or not discovery.token_endpoint:
            raise Unavailable("The identity provider does not say where people log in.")
        return authorization_url(
            discovery.authorization_endpoint,
            self._client.id,
            redirect_uri,
            self._scopes,
            state,
            verifier,
            nonce=nonce,
        )

    @override
    async def check_issuer(self, issuer: str | None) -> None:
        discovery = await self._documents.discovery.get()
        if issuer is None and not discovery.names_itself:
            return
        if issuer is None or not is_same_issuer(issuer, discovery.issuer):
            raise Unauthenticated("Another provider has answered than was asked. Begin again.")

    @override
    async def exchange(
        self, redirect_uri: str, code: str, nonce: str, verifier: str
    ) -> ForeignClaims:
        url = (await self._documents.discovery.get()).token_endpoint
        try:
            tokens = await self._endpoint.by_code(url, self._client, redirect_uri, code, verifier)
        except GrantRefused as error:
            raise Unauthenticated(f"The login was used before, or is over: {error}") from error
        except WebError as error:
            raise Unavailable(error.message) from error
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise refused()
        claims = await read_id_token(self._verifier, id_token, self._client.id, nonce)
        return translated(claims, self._documents.issuer, self._role)

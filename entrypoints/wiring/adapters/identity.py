"""Another identity provider: its documents, its tokens and the login there."""

from dataclasses import dataclass

from adapters.http.token_endpoint import ClientIdentity, TokenEndpoint
from adapters.security.oidc.claims import RoleClaim
from adapters.security.oidc.documents import ProviderDocuments
from adapters.security.oidc.login import OidcLogin
from adapters.security.oidc.tokens import ForeignTokens, TokenVerifier
from domain.accounts.identity_provider import IdentityProvider, ProviderLogin
from domain.shared.clock import Clock
from entrypoints.settings.settings import Settings
from entrypoints.wiring.adapters.web import WebParts


@dataclass(frozen=True, slots=True)
class IdentityParts:
    """The provider's ``documents``, and what the settings use it for; None: not for that."""

    documents: ProviderDocuments | None = None
    tokens: IdentityProvider | None = None
    login: ProviderLogin | None = None


def wire_identity(settings: Settings, web: WebParts, clock: Clock) -> IdentityParts:
    """Put together what knows the provider; nothing is connected to yet."""
    if settings.oidc_issuer is None:
        return IdentityParts()
    documents = ProviderDocuments(web.web, settings.oidc_issuer, settings.oidc_jwks_url)
    verifier = TokenVerifier(documents, clock)
    role = RoleClaim(settings.oidc_role_claim, settings.role_values)
    tokens = login = None
    if settings.oidc_audience:
        tokens = ForeignTokens(documents, verifier, settings.oidc_audience, role)
    if settings.oidc_client_id is not None:
        secret = settings.oidc_client_secret
        client = ClientIdentity(
            settings.oidc_client_id, "" if secret is None else secret.get_secret_value()
        )
        scopes = dict.fromkeys(("openid", *(settings.oidc_scopes or ("profile", "email"))))
        endpoint = TokenEndpoint(web.transport)
        login = OidcLogin(documents, verifier, endpoint, client, list(scopes), role)
    return IdentityParts(documents, tokens, login)

"""Authorization requests of OAuth 2.0 (RFC 6749, section 4.1.1) with PKCE (RFC 7636)."""

from collections.abc import Sequence

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge


def authorization_url(
    endpoint: str,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    state: str,
    verifier: str,
    **parameters: str,
) -> str:
    """Return the address at which a person consents; it holds the challenge of the verifier."""
    url = prepare_grant_uri(
        endpoint,
        client_id,
        "code",
        redirect_uri,
        list(scopes),
        state,
        code_challenge=create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]
        code_challenge_method="S256",
        **parameters,
    )
    return str(url)

"""Tokens of another provider, verified with its published keys: access tokens and ID tokens."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from typing_extensions import override

from adapters.security.oidc.claims import RoleClaim, read_claims
from adapters.security.oidc.documents import (
    ProviderDocuments,
    fitting,
    is_same_issuer,
    renamed,
)
from adapters.security.tokens import DEFECTS
from domain.accounts.identity_provider import LONGEST_TOKEN, ForeignClaims, IdentityProvider
from domain.shared.clock import Clock
from domain.shared.errors import Unauthenticated

LEEWAY_SECONDS: Final = 60  # another machine's clock
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
)
_PARTS: Final = 3
_ACCESS_TYPES: Final = frozenset({"", "jwt", "at+jwt"})  # RFC 9068, and those before it
_ID_TYPES: Final = frozenset({"", "jwt"})
# Claims of tokens that are something else: bound to a key that has to be proved (RFC 7800), or told
# of events, such as a logout (RFC 8417).
_FOREIGN_TO_ACCESS: Final = frozenset({"cnf", "events"})
_NOT_ACCESS: Final = frozenset({"id", "refresh", "offline", "logout"})  # Keycloak's claim `typ`


class _Algorithms(JWSRegistry):
    """Asymmetric algorithms alone, and any further header: some providers add their own."""

    max_header_length = 8192  # some send a chain of certificates

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        return super().get_alg(renamed(name))


class TokenVerifier:
    """Verifies signatures and the claims that every token has.

    A token that names an unknown key makes the keys be read again, at most once a second, and waits
    for that: no token of a new key is refused.
    """

    def __init__(self, documents: ProviderDocuments, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._algorithms = _Algorithms()

    async def claims(
        self, token: str, audiences: Sequence[str], types: frozenset[str], **more: Any
    ) -> dict[str, Any]:
        """Return the claims of a token of these header types, for one of these audiences.

        ``more`` are further rules as joserfc has them.

        Raises:
            Unauthenticated: it is not valid.
            Unavailable: the keys were never read, and cannot be read now.

        """
        try:
            claims = await self._signed(token, types)
            issuer = self._documents.issuer.removesuffix("/")
            jwt.JWTClaimsRegistry(
                now=int(self._clock.now().timestamp()),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "values": [issuer, f"{issuer}/"]},
                aud={"essential": True, "values": list(audiences)},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                **more,
            ).validate(claims)
        except DEFECTS as defect:
            raise refused() from defect
        return claims

    async def _signed(self, token: str, types: frozenset[str]) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise ValueError("too long")
        header = peeked(token, 0)
        kind = str(header.get("typ") or "").lower().removeprefix("application/")
        if kind not in types:
            raise ValueError("typ")
        algorithm, kid = header["alg"], header.get("kid")
        self._algorithms.get_alg(algorithm)  # before any key is looked for
        keys = fitting(await self._documents.keys.get(), algorithm, kid)
        if not keys:
            keys = fitting(await self._documents.keys.newer(), algorithm, kid)
        for key in keys:
            # The wrong kind of key, or a bad signature: without an id it may be another key's.
            with suppress(JoseError):
                return jwt.decode(token, key, registry=self._algorithms).claims
        raise ValueError("no key")


class ForeignTokens(IdentityProvider):
    """The access tokens of a provider (RFC 9068, and those before it)."""

    def __init__(
        self,
        documents: ProviderDocuments,
        verifier: TokenVerifier,
        audiences: Sequence[str],
        role: RoleClaim,
    ) -> None:
        self._issuer = documents.issuer
        self._verifier = verifier
        self._audiences = tuple(audiences)
        self._role = role

    @override
    def issued(self, token: str) -> bool:
        try:
            issuer = peeked(token, 1).get("iss")
        except DEFECTS:
            return False
        return isinstance(issuer, str) and is_same_issuer(issuer, self._issuer)

    @override
    async def read(self, token: str) -> ForeignClaims:
        claims = await self._verifier.claims(token, self._audiences, _ACCESS_TYPES)
        if claims.keys() & _FOREIGN_TO_ACCESS or str(claims.get("typ")).lower() in _NOT_ACCESS:
            raise refused()
        return translated(claims, self._issuer, self._role)


async def read_id_token(
    verifier: TokenVerifier, token: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """Return the claims of an ID token (OpenID Connect Core, section 3.1.3.7).

    Raises:
        Unauthenticated: it is not valid, or another login's or client's.
        Unavailable: the keys were never read, and cannot be read now.

    """
    rules = {"nonce": {"essential": True, "value": nonce}}
    claims = await verifier.claims(token, [client_id], _ID_TYPES, **rules)
    audience, presenter = claims["aud"], claims.get("azp")
    is_shared = isinstance(audience, list) and len(audience) > 1
    if presenter != client_id and (is_shared or presenter is not None):
        raise refused()
    return claims


def translated(claims: Mapping[str, Any], issuer: str, role: RoleClaim) -> ForeignClaims:
    """Return what verified claims say of a user.

    Raises:
        Unauthenticated: a claim is not what it must be.
        Forbidden: there is no role for the user.

    """
    try:
        return read_claims(claims, issuer, role)
    except DEFECTS as defect:
        raise refused() from defect


def peeked(token: str, part: int) -> Mapping[str, Any]:
    """Return the header (0) or the claims (1) of a token, not verified.

    Raises:
        ValueError: it is no JSON Web Token that is signed.
        RecursionError: it is nested too deep.

    """
    parts = token.split(".", _PARTS)
    if len(token) > LONGEST_TOKEN or len(parts) != _PARTS:
        raise ValueError("no token")
    found = json.loads(urlsafe_b64decode(parts[part] + "=="))
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def refused() -> Unauthenticated:
    """Return the error, which is the same for all reasons."""
    return Unauthenticated("The token of the identity provider is not valid, or has expired.")

"""The documents that a provider publishes: its configuration (OpenID Connect Discovery), its keys.

Both are read through the SSRF guard, without redirects, within bounds of size and time. Keys that
are not understood, or too weak, are passed over (RFC 7517, section 5): a provider may publish keys
of a new kind beside the usual ones.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from adapters.security.oidc.fetched import FetchedValue
from domain.shared.errors import Unavailable, WebError
from domain.web.ports import ExchangeLimits, Web, WebRequest

PATH: Final = "/.well-known/openid-configuration"
_LIMITS: Final = ExchangeLimits(seconds=5.0, bytes=500_000, redirects=0)
_HEADERS: Final = (("Accept", "application/json"),)
_OK: Final = 200
_MOST_KEYS: Final = 100
_KINDS: Final = frozenset({"RSA", "EC", "OKP"})  # no "oct": published, it is no secret
_RSA_DIGITS: Final = 2048 // 6  # of a modulus in base64url, of which a digit holds 6 bits

PublicKey = RSAKey | ECKey | OKPKey
Keys = tuple[PublicKey, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a provider says of itself."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str
    token_endpoint: str
    names_itself: bool
    """Whether it sends ``iss`` with each answer to a login (RFC 9207)."""


class ProviderDocuments:
    """The documents of one provider, kept and read again as `FetchedValue` says.

    ``jwks_url`` replaces the address of the keys that the provider names.
    """

    def __init__(self, web: Web, issuer: str, jwks_url: str | None = None) -> None:
        self.issuer: Final = issuer
        self._web = web
        self._jwks_url = jwks_url
        self.discovery: Final = FetchedValue(self._read_discovery)
        self.keys: Final = FetchedValue(self._read_keys)

    async def close(self) -> None:
        """End the readings that are under way."""
        await self.discovery.close()
        await self.keys.close()

    async def _read_discovery(self) -> Discovery:
        return read_discovery(await self._document(self.issuer + PATH), self.issuer)

    async def _read_keys(self) -> Keys:
        url = self._jwks_url or (await self.discovery.get()).jwks_uri
        return read_keys(await self._document(url))

    async def _document(self, url: str) -> Mapping[str, Any]:
        try:
            answer = await self._web.send(WebRequest("GET", url, _HEADERS), _LIMITS)
        except WebError as error:
            raise _problem(error.message) from error
        if answer.status != _OK:
            raise _problem(f"{url} answers with status {answer.status}.")
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise _problem(f"{url} is no JSON.") from error
        if not isinstance(document, dict):
            raise _problem(f"{url} holds no JSON object.")
        return document


def read_discovery(document: Mapping[str, Any], issuer: str) -> Discovery:
    """Read a configuration.

    Raises:
        Unavailable: it is another issuer's, or names no keys.

    """
    named = document.get("issuer")
    if not isinstance(named, str) or not is_same_issuer(named, issuer):
        raise _problem(f"The configuration at {issuer} is that of another issuer.")
    return Discovery(
        issuer=named,
        jwks_uri=_address(document, "jwks_uri", issuer),
        authorization_endpoint=_address(document, "authorization_endpoint", issuer),
        token_endpoint=_address(document, "token_endpoint", issuer),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def read_keys(document: Mapping[str, Any]) -> Keys:
    """Read the public keys with which tokens may be signed.

    Raises:
        Unavailable: there is none.

    """
    listed = document.get("keys")
    entries = listed[:_MOST_KEYS] if isinstance(listed, list) else []
    keys = tuple(key for entry in entries if (key := _key(entry)) is not None)
    if not keys:
        raise _problem("The provider publishes no key with which tokens can be verified.")
    return keys


def is_same_issuer(one: str, other: str) -> bool:
    """Tell whether two names are one issuer's: with a slash at the end, or without."""
    return one.removesuffix("/") == other.removesuffix("/")


def renamed(algorithm: Any) -> Any:
    """Return an algorithm's name of today (RFC 9864)."""
    return "Ed25519" if algorithm == "EdDSA" else algorithm


def fitting(keys: Sequence[PublicKey], algorithm: str, kid: str | None) -> list[PublicKey]:
    """Return the keys that may have signed a token; a key without an id may be any."""
    return [
        key
        for key in keys
        if (kid is None or key.kid in {None, kid}) and key.get("alg") in {None, renamed(algorithm)}
    ]


def _key(entry: object) -> PublicKey | None:
    if not isinstance(entry, dict) or entry.get("use") == "enc":
        return None
    kind, algorithm = str(entry.get("kty")), entry.get("alg")
    if kind not in _KINDS:
        return None
    if kind == "RSA" and len(str(entry.get("n"))) < _RSA_DIGITS:
        return None
    try:
        key = JWKRegistry.import_key({**entry, "alg": renamed(algorithm)} if algorithm else entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, PublicKey) and not key.is_private else None


def _address(document: Mapping[str, Any], name: str, issuer: str) -> str:
    """Return an address of the configuration, or nothing; one over TLS leads to no other."""
    url = document.get(name)
    if not isinstance(url, str):
        return ""
    if issuer.startswith("https://") and not url.startswith("https://"):
        raise _problem(f"The configuration at {issuer} has a {name} without TLS.")
    return url


def _problem(what: str) -> Unavailable:
    return Unavailable(f"The identity provider cannot be used now: {what}")

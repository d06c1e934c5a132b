"""What a provider publishes of itself."""

from typing import Any

import pytest

from adapters.security.oidc.claims import RoleClaim, claim_at
from adapters.security.oidc.documents import read_discovery, read_keys
from domain.accounts.users import Role
from domain.shared.errors import Unavailable

ISSUER = "https://login.example/realm"
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "jwks_uri": "https://keys.example/jwks?of=realm",
    "authorization_endpoint": "https://login.example/authorize",
    "token_endpoint": "https://login.example/token",
}


def test_a_configuration_is_read() -> None:
    found = read_discovery(DOCUMENT | {"issuer": f"{ISSUER}/", "more": 1}, ISSUER)
    assert found.jwks_uri == "https://keys.example/jwks?of=realm"
    assert not found.names_itself


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://login.example/other"},
        {"issuer": "https://LOGIN.example/realm"},
        {"issuer": None},
        {"issuer": [ISSUER]},
        {"jwks_uri": "http://keys.example/jwks"},
        {"token_endpoint": "http://login.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_another_issuers_configuration_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match=r"login\.example"):
        read_discovery(DOCUMENT | changes, ISSUER)


@pytest.mark.parametrize("keys", [None, [], {}, [None, 1, "k"], [{"kty": ["RSA"]}]])
def test_no_key_is_a_problem_of_the_provider(keys: Any) -> None:
    with pytest.raises(Unavailable, match="no key"):
        read_keys({"keys": keys})


@pytest.mark.parametrize(
    ("name", "claims", "role"),
    [
        ("roles", {"roles": ["x", "a"]}, Role.ADMIN),
        ("roles", {"roles": "a"}, Role.ADMIN),
        ("roles", {"roles": "not a"}, Role.USER),  # one value, not two
        ("scope", {"scope": "openid o"}, Role.OPERATOR),
        ("roles", {"roles": {"a": True}}, Role.USER),
        ("roles", {"roles": [["a"], None]}, Role.USER),
        ("roles", {}, Role.USER),
        ("r.of.p.q", {"r.of": {"p.q": ["o"]}}, Role.OPERATOR),
        ("https://x.org/roles", {"https://x.org/roles": ["a", "o"]}, Role.ADMIN),
        ("r.s", {"r": "a"}, Role.USER),
    ],
)
def test_the_highest_role_of_a_claim_counts(name: str, claims: dict[str, Any], role: Role) -> None:
    assert RoleClaim(name, {"a": Role.ADMIN, "o": Role.OPERATOR}).role(claims) is role


def test_without_values_no_claim_decides() -> None:
    assert RoleClaim().role({"roles": ["admin"]}) is None
    assert claim_at({"a": {"b": {"c": 1}}}, "a.b.c") == 1

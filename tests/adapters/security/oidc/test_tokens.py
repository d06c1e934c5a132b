"""Access tokens of another provider: what is let in, and what is not."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from adapters.security.oidc.claims import RoleClaim
from adapters.security.oidc.tokens import LEEWAY_SECONDS, refused
from domain.accounts.identity import ForeignSubject
from domain.accounts.identity_provider import LONGEST_TOKEN
from domain.accounts.users import Role
from domain.shared.errors import Forbidden, Unauthenticated, Unavailable
from tests.adapters.security.oidc.house import House, house
from tests.fakes.clock import FakeClock
from tests.support.identity_provider import AUDIENCE, ProviderApp, a_key

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
ROLES = RoleClaim("realm_access.roles", {"boss": Role.ADMIN, "sre": Role.OPERATOR})


@pytest.fixture
async def there() -> AsyncGenerator[House]:
    async with house(ProviderApp(), FakeClock(NOW), ROLES) as started:
        yield started


async def test_a_token_tells_who_it_is(there: House) -> None:
    claims = await there.tokens.read(
        there.app.token(
            preferred_username="ann@x.org",
            name="Ann <b>",
            email="Ann@X.org",
            email_verified=True,
            realm_access={"roles": ["sre", "boss", 7]},
        )
    )
    assert claims.who == ForeignSubject(there.app.url, "u-1")
    assert (claims.username, claims.full_name, claims.email) == ("ann@x.org", "Ann b", "ann@x.org")
    assert (claims.issued_at, claims.expires_at) == (NOW, NOW + timedelta(seconds=300))
    assert claims.role is Role.ADMIN


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {"aud": ["account", AUDIENCE]}),
        ({}, {"azp": "another-client"}),
        ({"typ": "at+jwt"}, {}),
        ({"typ": "application/at+JWT"}, {}),
        ({"typ": None}, {}),
        ({"x-own": "of the provider", "x5t": "AA"}, {}),
        ({"kid": None}, {}),
        ({}, {"exp": AT - LEEWAY_SECONDS + 1}),
        ({}, {"nbf": AT + LEEWAY_SECONDS, "iat": AT + LEEWAY_SECONDS}),
        ({}, {"typ": "Bearer"}),
        ({}, {"exp": AT + 0.5}),
    ],
)
async def test_what_providers_do_differently_is_let_in(
    there: House, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    assert (await there.tokens.read(there.app.token(header=header, **claims))).who.subject == "u-1"


@pytest.mark.parametrize("has_slash", [True, False])
async def test_a_slash_at_the_end_of_the_issuer_is_none_too_many(
    there: House, has_slash: bool
) -> None:
    token = there.app.token(iss=there.app.url + "/" * has_slash)
    assert there.tokens.issued(token)
    assert (await there.tokens.read(token)).who.issuer == there.app.url


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(app: ProviderApp) -> str:
    claims = app.token().split(".")[1]
    return f"{part({'alg': 'none'})}.{claims}."


def by_public_key(app: ProviderApp) -> str:
    """Sign with the published key as if it were a shared secret."""
    secret = OctKey.import_key(urlsafe_b64encode(str(app.keys[0].as_dict(private=False)).encode()))
    body = {"iss": app.url, "sub": "u-1", "aud": AUDIENCE, "iat": AT, "exp": AT + 300}
    return jwt.encode({"alg": "HS256", "kid": "k-1"}, body, secret, algorithms=["HS256"])


def with_flipped_claims(app: ProviderApp) -> str:
    head, _, signature = app.token().split(".")
    other = app.token(sub="u-2").split(".")[1]
    return f"{head}.{other}.{signature}"


def with_key_inside(app: ProviderApp) -> str:
    own = a_key("k-9")
    return app.token(own, {"jwk": own.as_dict(private=False), "kid": "k-1"})


BAD: dict[str, Callable[[ProviderApp], str]] = {
    "no signature": unsigned,
    "the public key as a secret": by_public_key,
    "another key under the same id": lambda app: app.token(a_key("k-1")),
    "a key that it brings along": with_key_inside,
    "claims of another token": with_flipped_claims,
    "an unknown algorithm": lambda app: ".".join(
        [part({"alg": "XX", "kid": "k-1"}), *app.token().split(".")[1:]]
    ),
    "no algorithm": lambda app: ".".join([part({"kid": "k-1"}), *app.token().split(".")[1:]]),
    "another issuer": lambda app: app.token(iss="https://elsewhere.example"),
    "two slashes": lambda app: app.token(iss=f"{app.url}//"),
    "no issuer": lambda app: app.token(iss=None),
    "an issuer in a list": lambda app: app.token(iss=[app.url]),
    "another audience": lambda app: app.token(aud="account"),
    "other audiences": lambda app: app.token(aud=["account", AUDIENCE.upper()]),
    "an audience of numbers": lambda app: app.token(aud=[1, AUDIENCE]),
    "no audience": lambda app: app.token(aud=None),
    "expired": lambda app: app.token(exp=AT - LEEWAY_SECONDS),
    "no end": lambda app: app.token(exp=None),
    "an end in words": lambda app: app.token(exp=str(AT + 300)),
    "an end beyond all calendars": lambda app: app.token(exp=10**30),
    "not yet valid": lambda app: app.token(nbf=AT + LEEWAY_SECONDS + 1),
    "issued in the future": lambda app: app.token(iat=AT + LEEWAY_SECONDS + 1),
    "no time of issue": lambda app: app.token(iat=None),
    "no subject": lambda app: app.token(sub=None),
    "an empty subject": lambda app: app.token(sub=""),
    "a subject that is no text": lambda app: app.token(sub=7),
    "a subject with a line break": lambda app: app.token(sub="u-1\n"),
    "a subject too long": lambda app: app.token(sub="u" * 256),
    "an ID token": lambda app: app.token(typ="ID"),
    "a refresh token": lambda app: app.token(typ="Refresh"),
    "a logout token": lambda app: app.token(events={"logout": {}}),
    "a logout token by its type": lambda app: app.token(header={"typ": "logout+jwt"}),
    "a token for a key that is not proved": lambda app: app.token(cnf={"jkt": "0"}),
    "a proof": lambda app: app.token(header={"typ": "dpop+jwt"}),
    "a critical header": lambda app: ".".join(
        [part({"alg": "ES256", "kid": "k-1", "crit": True}), *app.token().split(".")[1:]]
    ),
    "too long": lambda app: app.token(more="x" * LONGEST_TOKEN),
    "cut short": lambda app: app.token().rpartition(".")[0],
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_token_is_refused(there: House, what: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await there.tokens.read(BAD[what](there.app))
    assert caught.value.message == refused().message  # the same for all of them


TEXT = st.text(st.characters(max_codepoint=0x3000), max_size=20)
ODD = st.one_of(st.none(), st.booleans(), st.integers(), TEXT, st.lists(TEXT, max_size=3))


@given(
    head=st.dictionaries(st.sampled_from(["alg", "typ", "crit", "b64"]), ODD),
    body=st.one_of(ODD, st.dictionaries(TEXT, TEXT, max_size=3)),
    tail=TEXT,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_token_is_an_error_of_ours(
    there: House, head: dict[str, Any], body: Any, tail: str
) -> None:
    token = f"{part({'alg': 'ES256', 'kid': 'k-1'} | head)}.{part(body)}.{tail}"
    assert there.tokens.issued(token) is False
    with pytest.raises(Unauthenticated):
        await there.tokens.read(token)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSAKey.generate_key(2048, {"kid": "r"}), "RS256"),
        (RSAKey.generate_key(2048, {"kid": "r", "alg": "PS512"}), "PS512"),
        (OKPKey.generate_key("Ed25519", {"kid": "o", "alg": "EdDSA"}), "EdDSA"),
        (OKPKey.generate_key("Ed25519", {"kid": "o"}), "Ed25519"),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # of the test's own signing
async def test_every_usual_algorithm_is_taken(there: House, key: Any, algorithm: str) -> None:
    there.app.more_keys = [key.as_dict(private=False)]
    body = {"iss": there.app.url, "sub": "u-1", "aud": AUDIENCE, "iat": AT, "exp": AT + 300}
    registry = JWSRegistry(algorithms=[algorithm])
    token = jwt.encode({"alg": algorithm, "kid": key.kid}, body, key, registry=registry)
    assert (await there.tokens.read(token)).who.subject == "u-1"


async def test_keys_that_are_not_understood_are_passed_over(there: House) -> None:
    secret = OctKey.generate_key(256, {"kid": "s"}).as_dict(private=True)
    there.app.more_keys = [
        {"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "AA"},
        {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "kid": "broken", "crv": "P-256"},
        {"kid": "no kind"},
        secret,
    ]
    await there.tokens.read(there.app.token())
    assert [key.kid for key in await there.documents.keys.get()] == ["k-1"]


async def test_keys_change_without_a_request_that_fails(there: House) -> None:
    old = there.app.token()
    await there.tokens.read(old)
    there.app.keys.append(a_key("k-2"))
    new = there.app.token()
    read = await asyncio.gather(*(there.tokens.read(each) for each in [old, new] * 20))
    assert len(read) == 40
    assert there.app.readings == 2
    there.app.is_down = True  # what is known goes on
    await there.tokens.read(new)


async def test_many_unknown_keys_cost_one_reading(there: House) -> None:
    await there.tokens.read(there.app.token())
    tried = [there.tokens.read(there.app.token(a_key(f"no-{n}"))) for n in range(50)]
    refused = await asyncio.gather(*tried, return_exceptions=True)
    assert all(isinstance(each, Unauthenticated) for each in refused)
    assert there.app.readings == 2


async def test_a_bad_signature_of_a_known_key_costs_no_reading(there: House) -> None:
    await there.tokens.read(there.app.token())
    with pytest.raises(Unauthenticated):
        await there.tokens.read(there.app.token(a_key("k-1")))
    assert there.app.readings == 1


async def test_who_has_no_role_here_is_told_so() -> None:
    role = RoleClaim("groups", {"staff": Role.USER, "boss": Role.ADMIN})
    async with house(ProviderApp(), FakeClock(NOW), role) as there:
        assert (await there.tokens.read(there.app.token(groups="staff"))).role is Role.USER
        with pytest.raises(Forbidden):
            await there.tokens.read(there.app.token(groups=["guest"]))


async def test_keys_that_were_never_read_are_no_fault_of_the_token() -> None:
    app = ProviderApp(is_down=True)
    async with house(app, FakeClock(NOW)) as there:
        with pytest.raises(Unavailable, match="status 503"):
            await there.tokens.read(app.token())


async def test_the_provider_is_reached_through_the_guard() -> None:
    async with house(ProviderApp(), FakeClock(NOW), opened="") as there:
        with pytest.raises(Unavailable, match="PUERTO_OPEN_HOSTS"):
            await there.tokens.read(there.app.token())
        assert there.app.readings == 0

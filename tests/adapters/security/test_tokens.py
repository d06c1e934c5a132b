"""What every issuer of tokens promises, and what hostile JSON Web Tokens come to."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import OctKey, RSAKey

from adapters.security.tokens import LEEWAY_SECONDS, LIFETIME, MAX_TOKEN_LENGTH, JwtTokens
from domain.accounts.ports import Claims, Tokens
from domain.accounts.users import Role, User
from domain.shared.errors import Unauthenticated
from tests.fakes.clock import FakeClock
from tests.fakes.security import FakeTokens

SECRET = "kq9Zf3vXw0PpL7uYt5RrE2mNb8VcA1sD4gH6"
USER = User(
    id="0198c0de-0000-7000-8000-000000000001",
    email="ana@example.com",
    username="ana",
    full_name="Ana Ñandú",
    role=Role.OPERATOR,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
CLOCK = FakeClock()
NOW = int(CLOCK.now().timestamp())
MESSAGE = "The access token is not valid or has expired."
GOOD: dict[str, Any] = {
    "sub": USER.id,
    "email": USER.email,
    "username": USER.username,
    "role": "operator",
    "iss": "puerto",
    "aud": "puerto",
    "iat": NOW,
    "exp": NOW + 60,
    "jti": "0198c0de-0000-7000-8000-00000000000a",
}
HS256 = {"alg": "HS256", "typ": "JWT"}


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def forge(
    header: Any, payload: Any, secret: bytes = SECRET.encode(), digest: str = "sha256"
) -> str:
    """Return a token made without joserfc, so that nothing about it has to be right."""
    signed = f"{b64(as_bytes(header))}.{b64(as_bytes(payload))}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), digest))}"


def refused(token: str) -> bool:
    with pytest.raises(Unauthenticated) as caught:
        JwtTokens(SECRET, CLOCK).read(token)
    return caught.value.message == MESSAGE and not caught.value.details


# --- what every issuer promises


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=[FakeTokens, lambda clock: JwtTokens(SECRET, clock)], ids=["fake", "jwt"])
def tokens(request: pytest.FixtureRequest, clock: FakeClock) -> Tokens:
    make: Callable[[FakeClock], Tokens] = request.param
    return make(clock)


def test_a_token_says_who_it_was_issued_to(tokens: Tokens, clock: FakeClock) -> None:
    issued = tokens.issue(USER, "session-1")
    assert tokens.read(issued.token) == Claims(
        user_id=USER.id,
        email=USER.email,
        username=USER.username,
        role=Role.OPERATOR,
        jti=issued.jti,
        session_id="session-1",
        issued_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
    )
    assert issued.expires_at == clock.now() + timedelta(days=1)


def test_each_token_has_an_id_of_its_own(tokens: Tokens) -> None:
    first, second = tokens.issue(USER, "s"), tokens.issue(USER, "s")
    assert first.jti != second.jti
    assert first.token != second.token


def test_a_token_ends(tokens: Tokens, clock: FakeClock) -> None:
    token = tokens.issue(USER, "session-1").token
    clock.advance(LIFETIME - timedelta(seconds=1))
    assert tokens.read(token).user_id == USER.id
    clock.advance(timedelta(seconds=1 + LEEWAY_SECONDS))
    with pytest.raises(Unauthenticated, match=MESSAGE):
        tokens.read(token)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "token", "\x00", "ñ", "\ud800", "x" * 9000]
)
def test_rubbish_is_refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(Unauthenticated, match=MESSAGE):
        tokens.read(token)


def test_a_token_does_not_show_in_its_repr(tokens: Tokens) -> None:
    issued = tokens.issue(USER, "session-1")
    assert issued.token not in repr(issued)


# --- JSON Web Tokens


def test_the_token_is_an_ordinary_jwt_with_the_promised_claims() -> None:
    token = jwt.decode(
        JwtTokens(SECRET, CLOCK).issue(USER, "session-1").token,
        OctKey.import_key(SECRET),
        ["HS256"],
    )
    assert token.header == HS256
    assert set(token.claims) == set(GOOD)
    assert token.claims["exp"] - token.claims["iat"] == 86400


def test_a_good_token_made_elsewhere_is_read() -> None:
    assert JwtTokens(SECRET, CLOCK).read(forge(HS256, GOOD)).username == "ana"
    several = JwtTokens(SECRET, CLOCK).read(forge(HS256, GOOD | {"aud": ["x", "puerto"]}))
    assert several.username == "ana"


@pytest.mark.parametrize("claim", sorted(GOOD))
def test_a_missing_claim_is_refused(claim: str) -> None:
    assert refused(forge(HS256, {name: GOOD[name] for name in GOOD if name != claim}))


@pytest.mark.parametrize("claim", sorted(GOOD))
@pytest.mark.parametrize("value", [None, "", [], {}, True, False, 10**400, [None], {"a": 1}])
def test_a_claim_of_another_kind_is_refused(claim: str, value: Any) -> None:
    assert refused(forge(HS256, GOOD | {claim: value}))


def test_a_clock_that_was_set_back_locks_nobody_out(tokens: Tokens, clock: FakeClock) -> None:
    issued = tokens.issue(USER, "session-1")
    clock.advance(timedelta(hours=-2))
    assert tokens.read(issued.token).user_id == USER.id


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW - LEEWAY_SECONDS},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": 1e300},
        {"exp": str(NOW + 60)},
        {"iat": float("nan")},
        {"iat": float("inf")},
        {"nbf": NOW + LEEWAY_SECONDS + 1},
        {"iss": "puerto.evil.example"},
        {"aud": "somebody-else"},
        {"aud": ["somebody-else"]},
        {"role": "root"},
        {"role": ["admin"]},
    ],
    ids=repr,
)
def test_a_wrong_claim_is_refused(changed: dict[str, Any]) -> None:
    assert refused(forge(HS256, GOOD | changed))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": ""},
        {"alg": None},
        {"alg": ["HS256"]},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"typ": "JWT"},
        {"alg": "HS256", "crit": True},
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "crit": ["b64"], "b64": "no"},
        {"alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}, "x": 1},
        {"alg": "HS256", "kid": ["../../dev/null"]},
        {"alg": "HS256", "pad": "x" * 4000},
        [],
        "HS256",
        None,
        b"[" * 300,
        b"\xff\xfe",
    ],
    ids=repr,
)
def test_a_hostile_header_is_refused_even_if_signed(header: Any) -> None:
    assert refused(forge(header, GOOD))


def test_a_token_without_signature_is_refused() -> None:
    head = f"{b64(as_bytes({'alg': 'none'}))}.{b64(as_bytes(GOOD))}"
    assert refused(f"{head}.")
    assert refused(head)
    assert refused(forge(HS256, GOOD).rpartition(".")[0] + ".")


def test_another_key_or_algorithm_is_refused() -> None:
    assert refused(forge(HS256, GOOD, secret=b"another secret of 32 bytes or so"))
    assert refused(forge({"alg": "HS512"}, GOOD, digest="sha512"))
    asymmetric = jws.serialize_compact(
        {"alg": "RS256"}, as_bytes(GOOD), RSAKey.generate_key(2048), ["RS256"]
    )
    assert refused(asymmetric)


def test_a_key_carried_in_the_header_is_not_used() -> None:
    own = b"the attacker's own key, 32 bytes"
    header = {"alg": "HS256", "jwk": {"kty": "oct", "k": b64(own)}}
    assert refused(forge(header, GOOD, secret=own))


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff", b"{", b"[" * 5000, b"9" * 5000])
def test_a_payload_that_is_no_object_is_refused(payload: bytes) -> None:
    assert refused(forge(HS256, payload))


def test_a_long_token_is_refused_before_it_is_read() -> None:
    padding = "x" * (MAX_TOKEN_LENGTH - len(forge(HS256, GOOD)))
    assert refused(forge(HS256, GOOD | {"padding": padding}))
    half = padding[: len(padding) // 2]
    assert JwtTokens(SECRET, CLOCK).read(forge(HS256, GOOD | {"padding": half})).jti == GOOD["jti"]


def test_a_public_key_cannot_be_the_secret() -> None:
    public = RSAKey.generate_key(2048).as_pem(private=False).decode()
    with pytest.raises(ValueError, match="public key"):
        JwtTokens(public, CLOCK)


# --- anything at all

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
header_names = st.sampled_from(
    ["alg", "kid", "typ", "cty", "crit", "b64", "jwk", "enc", "zip", "jku"]
)
headers = json_values | st.dictionaries(
    header_names, json_values | st.sampled_from(["HS256", "HS384", "RS256", "none", ["b64"]])
)


@given(
    st.text()
    | st.builds(
        lambda *parts: ".".join(parts),
        headers.map(lambda header: b64(as_bytes(header))),
        st.just(b64(as_bytes(GOOD))) | st.binary().map(b64) | st.text(),
        st.binary(min_size=32, max_size=32).map(b64) | st.text(),
    )
)
def test_no_unsigned_text_is_ever_let_in(token: str) -> None:
    assert refused(token)


@given(
    headers | st.just(HS256),
    json_values | st.dictionaries(st.sampled_from(sorted(GOOD)), json_values),
)
def test_nothing_signed_raises_anything_else(header: Any, claims: Any) -> None:
    """Only the holder of the secret can sign, but the service must stand even then."""
    payload = GOOD | claims if isinstance(claims, dict) else claims
    try:
        read = JwtTokens(SECRET, CLOCK).read(forge(header, payload))
    except Unauthenticated:
        return
    assert header["alg"] == "HS256"
    assert isinstance(read.role, Role)
    assert all(isinstance(text, str) for text in (read.user_id, read.email, read.username))


@given(st.data())
def test_no_changed_character_goes_unseen(data: st.DataObject) -> None:
    token = forge(HS256, GOOD)
    # The last character of the signature holds two bits that mean nothing.
    place = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != token[place]))
    assert refused(token[:place] + other + token[place + 1 :])

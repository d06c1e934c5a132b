"""Credentials on the wire, as security schemes say, and nowhere else."""

from typing import Any

import pytest

from domain.learning.api.credentials import Credentials, OAuthGrant
from domain.shared.errors import InvalidArguments, InvalidRequest, ToolFailed
from domain.web.ports import WebRequest
from plugins.openapi.operation import Operation, ParameterLocation, SecurityScheme
from plugins.openapi.wire.security import authorise, grants
from tests.plugins.openapi.wire.operations import operation

KEY = "long-enough-to-be-hidden"
SCHEMES = {
    "head": SecurityScheme("apiKey", "X-Key", ParameterLocation.HEADER),
    "query": SecurityScheme("apiKey", "api key", ParameterLocation.QUERY),
    "cookie": SecurityScheme("apiKey", "sid", ParameterLocation.COOKIE),
    "basic": SecurityScheme("http", scheme="basic"),
    "bearer": SecurityScheme("http", scheme="bearer"),
    "other": SecurityScheme("http", scheme="token"),
    "oauth": SecurityScheme("oauth2", token_url="https://token.example/t"),
    "openid": SecurityScheme("openIdConnect"),
    "mutual": SecurityScheme("mutualTLS"),
}
LOGIN = {"username": "Aladdin", "password": "open sesame"}


class Tokens:
    """Gives tokens named for the client and the scopes."""

    async def get(self, grant: OAuthGrant) -> str:
        return f"for-{grant.client_id}-{'-'.join(grant.scopes)}-at-{grant.token_url}"

    def forget(self, grant: OAuthGrant) -> None:
        raise AssertionError(grant)


def asking(*security: dict[str, list[str]]) -> Operation:
    return operation(path="/p", security=security, schemes=SCHEMES)


async def signed(
    credentials: dict[str, Any], *security: dict[str, list[str]], url: str = "https://a.example/p"
) -> WebRequest:
    request = WebRequest("GET", url, (("Cookie", "a=1"), ("X-KEY", "not this")))
    return await authorise(request, asking(*security), Credentials.of(credentials), Tokens())


@pytest.mark.parametrize(
    ("scheme", "credential", "name", "value"),
    [
        ("head", KEY, "x-key", KEY),
        ("cookie", KEY, "cookie", f"a=1; sid={KEY}"),
        ("basic", LOGIN, "authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),  # RFC 7617, 2
        ("bearer", KEY, "authorization", f"Bearer {KEY}"),  # RFC 6750, 2.1
        ("bearer", f"bearer {KEY}", "authorization", f"Bearer {KEY}"),
        ("other", KEY, "authorization", f"Token {KEY}"),
        ("oauth", KEY, "authorization", f"Bearer {KEY}"),
        ("openid", KEY, "authorization", f"Bearer {KEY}"),
        (
            "oauth",
            {"client_id": "me"},
            "authorization",
            "Bearer for-me-read-at-https://token.example/t",
        ),
        (
            "oauth",
            {"client_id": "me", "token_url": "https://mine.example", "scopes": ["all"]},
            "authorization",
            "Bearer for-me-all-at-https://mine.example",
        ),
    ],
)
async def test_a_credential_goes_where_its_scheme_says(
    scheme: str, credential: Any, name: str, value: str
) -> None:
    request = await signed({scheme: credential}, {scheme: ["read"]})
    assert [found for key, found in request.headers if key.lower() == name] == [value]


@pytest.mark.parametrize("query", ["", "?a=b", "?api%20key=not-this&a=b"])
async def test_a_key_in_the_query_takes_the_place_of_any_other(query: str) -> None:
    request = await signed({"query": "k/1"}, {"query": []}, url=f"https://a.example/p{query}")
    assert request.url == f"https://a.example/p?{'a=b&' if query else ''}api%20key=k%2F1"


@pytest.mark.parametrize(
    ("security", "sent"),
    [
        ([{"mutual": []}, {"bearer": []}], {"authorization"}),  # the first that we hold
        ([{"head": [], "bearer": []}], {"x-key", "authorization"}),  # all of one alternative
        ([{"head": [], "mutual": []}, {"cookie": []}], {"cookie"}),
        ([{}, {"bearer": []}], set()),  # none is good enough
        ([], set()),
        ([{"mutual": []}], set()),
        ([{"nobody": []}], set()),
    ],
)
async def test_one_alternative_is_met_and_nothing_else_is_sent(
    security: list[dict[str, list[str]]], sent: set[str]
) -> None:
    held = {"head": KEY, "bearer": KEY, "cookie": KEY, "nobody": KEY}
    request = await signed(held, *security)
    assert {name.lower() for name, value in request.headers if KEY in value} == sent


@pytest.mark.parametrize(
    ("scheme", "credential", "error"),
    [
        ("head", "a\r\nX-Evil: 1", InvalidArguments),
        ("cookie", "a; admin=1", InvalidArguments),
        ("head", LOGIN, ToolFailed),
    ],
)
async def test_a_credential_that_does_not_fit_is_refused_without_being_shown(
    scheme: str, credential: Any, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        await signed({scheme: credential}, {scheme: []})
    assert "Evil" not in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_grants_are_complete() -> None:
    credentials = Credentials.of({"oauth": {"client_id": "me"}})
    (grant,) = grants(asking({"oauth": ["a", "b"]}), credentials)
    assert (grant.token_url, grant.scopes) == ("https://token.example/t", ("a", "b"))


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        3,
        {"username": "a"},
        {"username": "a", "password": 1},
        {"client_id": 1},
        {"client_id": "a", "x": "y"},
    ],
)
def test_what_is_no_credential_is_said_without_its_value(wrong: Any) -> None:
    with pytest.raises(InvalidRequest, match="'k'"):
        Credentials.of({"k": wrong})


def test_credentials_do_not_show() -> None:
    credentials = Credentials.of(
        {"a": KEY, "b": LOGIN, "c": {"client_id": "me", "client_secret": "s3cret-s3cret"}}
    )
    told = repr(credentials)
    assert not any(each in told for each in (KEY, "sesame", "s3cret"))
    hidden = credentials.secrets().hide(
        f"{KEY} open sesame open%20sesame QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )
    assert hidden == "*** *** *** ***"

"""Requests signed for AWS, held to the signature that another key derivation gives."""

import hashlib
import hmac
import re
from typing import Any

import pytest

from domain.learning.api.credentials import Credentials
from domain.shared.errors import InvalidRequest, ToolFailed
from domain.web.ports import WebRequest
from plugins.openapi.operation import SecurityScheme
from plugins.openapi.wire.security import authorise
from tests.plugins.openapi.wire.operations import operation

KEYS = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEX"}
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


class NoTokens:
    async def get(self, grant: Any) -> str:
        raise AssertionError(grant)

    def forget(self, grant: Any) -> None:
        raise AssertionError(grant)


async def signed(
    url: str, service: str = "", keys: dict[str, str] | None = None, body: bytes = b""
) -> tuple[WebRequest, re.Match[str]]:
    scheme = SecurityScheme("awsSigV4", name=service)
    one = operation(path="/", security=[{"hmac": []}], schemes={"hmac": scheme})
    request = WebRequest("POST", url, (("Accept", "*/*"),), body)
    credentials = Credentials.of({"hmac": {**KEYS, **(keys or {})}})
    made = await authorise(request, one, credentials, NoTokens())
    found = _AUTHORIZATION.fullmatch(made.header("authorization") or "")
    assert found is not None
    return made, found


def signature(made: WebRequest, found: re.Match[str], path: str, query: str) -> str:
    """Return the signature by the steps of AWS's own description (Signature Version 4)."""
    day, region, service, names = found.groups()[:4]
    host = made.url.split("/")[2]
    values = {**{name.lower(): value for name, value in made.headers}, "host": host}
    headers = "".join(f"{name}:{values[name]}\n" for name in names.split(";"))
    digest = hashlib.sha256(made.body).hexdigest()
    canonical = f"{made.method}\n{path}\n{query}\n{headers}\n{names}\n{digest}"
    scope = f"{day}/{region}/{service}/aws4_request"
    whole = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", values["x-amz-date"], scope, whole])
    key = f"AWS4{KEYS['secret_access_key']}".encode()
    for step in (day, region, service, "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


async def test_a_request_carries_the_signature_of_all_that_is_sent() -> None:
    url = "https://depot.eu-west-1.amazonaws.com/?Action=ListShips&b=a%20b"
    made, found = await signed(url, keys={"session_token": "a-session-token"}, body=b"x=1")
    assert found.groups()[1:3] == ("eu-west-1", "depot")
    assert made.url == url
    assert made.body == b"x=1"
    assert made.header("x-amz-security-token") == "a-session-token"
    assert found[5] == signature(made, found, "/", "Action=ListShips&b=a%20b")


@pytest.mark.parametrize(
    ("url", "service", "keys", "region", "name"),
    [
        ("https://iam.amazonaws.com/", "", {}, "us-east-1", "iam"),
        ("https://x.s3.eu-north-1.amazonaws.com/", "", {}, "eu-north-1", "s3"),
        ("https://depot.eu-west-1.amazonaws.com/", "ships", {}, "eu-west-1", "ships"),
        ("https://local.example/", "ships", {"region": "here-1"}, "here-1", "ships"),
        (
            "https://local.example/",
            "ships",
            {"region": "here-1", "service": "mine"},
            "here-1",
            "mine",
        ),
    ],
)
async def test_service_and_region_are_those_that_are_named(
    url: str, service: str, keys: dict[str, str], region: str, name: str
) -> None:
    _, found = await signed(url, service, keys)
    assert found.groups()[1:3] == (region, name)


async def test_who_is_nobody_is_not_signed_for() -> None:
    with pytest.raises(ToolFailed, match=r"give service and region with the credentials"):
        await signed("https://local.example/", "ships")


async def test_keys_that_do_not_fit_are_refused() -> None:
    one = operation(path="/", security=[{"k": []}], schemes={"k": SecurityScheme("apiKey", "k")})
    with pytest.raises(ToolFailed, match="not of the kind"):
        await authorise(
            WebRequest("GET", "https://a.example"), one, Credentials.of({"k": KEYS}), NoTokens()
        )
    one = operation(path="/", security=[{"k": []}], schemes={"k": SecurityScheme("awsSigV4")})
    with pytest.raises(ToolFailed, match="not of the kind"):
        await authorise(
            WebRequest("GET", "https://a.example"), one, Credentials.of({"k": "key"}), NoTokens()
        )
    with pytest.raises(InvalidRequest, match="access_key_id"):
        Credentials.of({"k": {"access_key_id": "a"}})


def test_the_secrets_of_a_signature_are_hidden() -> None:
    told = {**KEYS, "session_token": "a-session-token"}
    credentials = Credentials.of({"k": told})
    text = f"{KEYS['secret_access_key']} a-session-token"
    assert credentials.secrets().hide(text) == "*** ***"
    assert KEYS["secret_access_key"] not in repr(credentials)

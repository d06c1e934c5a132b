"""Hostile HTTP: a clear refusal each time, one line in the log, and the service alive."""

import base64
import gzip
import json
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.outside.raw import exchange, request, status_of
from tests.support.service import RunningService

SECRET = "kq8Zr2Xv5Lm1Tn7Wd4Pb9Hc6Js3Gf0Ya"
JSON = b"Content-Type: application/json"


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with RunningService(None, JWT_SECRET=SECRET, PUERTO_MAX_BODY_BYTES="65536") as running:
        yield running
        assert "Traceback" not in running.log


@pytest.fixture(scope="module")
def token(service: RunningService) -> str:
    return service.user("stranger")


@pytest.fixture(autouse=True)
def lives_on(service: RunningService) -> Iterator[None]:
    before = len(service.lines)
    yield
    assert service.call("GET", "/health") == {"status": "healthy"}
    assert "Traceback" not in "\n".join(service.lines[before:])


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "sub": "01900000-0000-7000-8000-000000000001",
        "email": "a@b.c",
        "username": "a",
        "role": "admin",
        "iss": "puerto",
        "aud": "puerto",
        "iat": now,
        "exp": now + 600,
        "jti": "01900000-0000-7000-8000-000000000002.x",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(body: dict[str, Any], secret: str = SECRET) -> str:
    return jwt.encode({"alg": "HS256"}, body, OctKey.import_key(secret.encode()), ["HS256"])


def unsigned(body: dict[str, Any]) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(body)}."


TOKENS = {
    "forged": signed(claims(), SECRET[::-1]),
    "expired": signed(claims(exp=int(time.time()) - 3600)),
    "alg none": unsigned(claims()),
    "wrong audience": signed(claims(aud="elsewhere")),
    "wrong issuer": signed(claims(iss="somebody")),
    "no expiry": signed(claims(exp=None)),
    "no session": signed(claims()),
    "garbage": "a.b.c",
    "empty": " ",
    "long": "x" * 20_000,
}


@pytest.mark.parametrize("name", TOKENS)
def test_tokens_that_are_not_ours(service: RunningService, name: str) -> None:
    header = f"Authorization: Bearer {TOKENS[name]}".encode()
    answer = exchange(service.url, request("GET", b"/api/conversations", [header]))
    assert status_of(answer) == 401
    assert b"www-authenticate: Bearer" in answer
    assert b'"code":"UNAUTHORIZED"' in answer


@pytest.mark.parametrize(
    "path",
    [
        b"//api/conversations",
        b"/api//conversations",
        b"/api/conversations/",
        b"/API/conversations",
        b"/api/x/../conversations",
        b"/api/%2e%2e/api/conversations",
        b"/api/conversations%2f",
        b"/api/conversations;a=b",
        b"/api/conversations%00",
        b"/api/conversations/%ff%fe",
        b"/api/runs/" + b"x" * 20_000,
        b"http://elsewhere.example/api/conversations",
        b"/%0d%0aX-Evil:%201",
    ],
)
def test_other_spellings_of_a_path_open_nothing(service: RunningService, path: bytes) -> None:
    answer = exchange(service.url, request("GET", path))
    assert status_of(answer) in {400, 401, 404}
    assert b"x-evil" not in answer.lower().split(b"\r\n\r\n")[0]


@pytest.mark.parametrize("host", [b"", b"evil.example", b"a:b:c", b"[::1", b"x" * 5000, b"a\tb"])
def test_other_hosts_change_nothing(service: RunningService, host: bytes) -> None:
    answer = exchange(service.url, request("GET", b"/api/conversations", host=host))
    assert status_of(answer) in {400, 401}
    assert b"evil" not in answer


@pytest.mark.parametrize(
    "lines",
    [
        [b"GET /health HTTP/1.1"],
        [b"GET /health HTTP/1.1", b"Host: x", b"Host: x"],
        [b"GET /health HTTP/1.1", b"Host: x", b"Host: y"],
        [b"GET /health HTTP/1.1", b"Host:"],
        [b"GET /health HTTP/1.0", b"Host: x", b"Host: x"],
    ],
)
def test_a_request_names_one_host(service: RunningService, lines: list[bytes]) -> None:
    answer = exchange(service.url, b"\r\n".join([*lines, b"Connection: close", b"", b""]))
    assert status_of(answer) == 400
    assert b"Send one Host header" in answer


def test_a_client_of_http_1_0_may_leave_the_host_out(service: RunningService) -> None:
    assert status_of(exchange(service.url, b"GET /health HTTP/1.0\r\n\r\n")) == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"message": "\xff\xfe"}', [JSON], 400),
        (b"[" * 100_000, [JSON], 413),
        (b"[" * 60_000, [JSON], 400),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, [JSON], 400),
        (b'{"message": "\\ud800"}', [JSON], 400),
        (b'{"message": "\\u0000"}', [JSON], 400),
        (b'{"message": "hi"', [JSON], 400),
        (b'"hi"', [JSON], 400),
        (b'{"message": "hi"}', [b"Content-Type: text/plain"], 415),
        (b'{"message": "hi"}', [b"Content-Type: application/x-www-form-urlencoded"], 415),
        (b'{"message": "hi"}', [], 415),
        (b'{"message": "hi"}', [JSON, b"Content-Encoding: gzip"], 400),
        (gzip.compress(b'{"message": "hi"}'), [JSON, b"Content-Encoding: gzip"], 200),
        (gzip.compress(b'{"message": "hi"}'), [JSON, b"Content-Encoding: X-GZIP, identity"], 200),
        (gzip.compress(b'{"message": "hi"}')[:-4], [JSON, b"Content-Encoding: gzip"], 400),
        (gzip.compress(b'{"message": "hi"}') * 2, [JSON, b"Content-Encoding: gzip"], 400),
        (gzip.compress(b" " * 70_000), [JSON, b"Content-Encoding: gzip"], 413),
        (gzip.compress(b" " * 60_000), [JSON, b"Content-Encoding: gzip"], 400),
        (gzip.compress(bytes(40_000_000)), [JSON, b"Content-Encoding: gzip"], 413),
        (zlib.compress(b'{"message": "hi"}'), [JSON, b"Content-Encoding: deflate"], 415),
        (b"..", [JSON, b"Content-Encoding: br"], 415),
        (b"..", [JSON, b"Content-Encoding: gzip, gzip"], 415),
        (b'{"message": "hi"}', [JSON, b"Content-Encoding: identity"], 200),
        (b'{"message": 3}', [JSON], 400),
        (b'{"message": ""}', [JSON], 400),
        (b'{"message": "hi", "stream": "perhaps"}', [JSON], 400),
        (b'{"message": "hi", "conversation_id": "no-such"}', [JSON], 404),
        (b'{"message": "' + b"x" * 70_000 + b'"}', [JSON], 413),
    ],
)
def test_bodies(
    service: RunningService, token: str, body: bytes, headers: list[bytes], status: int
) -> None:
    allowed = [*headers, f"Authorization: Bearer {token}".encode()]
    answer = exchange(service.url, request("POST", b"/api/chat", allowed, body))
    assert status_of(answer) == status, answer
    if status != 200:
        assert b'"request_id":' in answer
    if status == 415 and b"Content-Encoding" in b"".join(headers):
        assert b"accept-encoding: gzip" in answer.lower()


def test_a_body_without_an_end_is_refused_at_the_limit(service: RunningService, token: str) -> None:
    head = request(
        "POST",
        b"/api/chat",
        [JSON, b"Transfer-Encoding: chunked", f"Authorization: Bearer {token}".encode()],
    )
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    answer = exchange(service.url, head, *[chunk] * 50)
    assert status_of(answer) == 413


def test_a_head_without_an_end_is_refused(service: RunningService) -> None:
    header = b"X-A: " + b"a" * 1000 + b"\r\n"
    answer = exchange(service.url, b"GET / HTTP/1.1\r\nHost: x\r\n", *[header] * 500)
    assert status_of(answer) == 400


def test_what_is_not_http_is_refused(service: RunningService) -> None:
    assert (
        status_of(exchange(service.url, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20))
        == 400
    )


def test_many_silent_connections_do_not_keep_others_out(service: RunningService) -> None:
    where = urlsplit(service.url)
    silent = [socket.create_connection((where.hostname, where.port)) for _ in range(200)]
    try:
        assert service.call("GET", "/api/live") == {"status": "alive"}
    finally:
        for connection in silent:
            with suppress(OSError):
                connection.close()

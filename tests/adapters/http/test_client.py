"""The client behind the gate: what goes out as it is, what comes back, and what it may cost."""

import gzip
import ssl
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.http.client import GuardedWeb
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from domain.shared.errors import AddressRefused, WebError, WebTimeout
from domain.web.open_hosts import read_open_hosts
from domain.web.ports import ExchangeLimits, WebRequest
from tests.adapters.http.conftest import Names, web_through
from tests.support.web_server import Reply, Seen, WebServer

HERE = "127.0.0.1"
KEY = "a-key-that-is-secret"
KEYED = (("Authorization", KEY), ("X-Key", KEY), ("Cookie", KEY), ("Content-Type", "text/plain"))


@pytest.mark.parametrize(
    "target",
    [
        "/p/;color/z",
        "/p//z",
        "/p/./z",
        "/%2E%2E/x",
        "/a;b,c=d/@me:x",
        "/?a=b&c=%5B%5D",
        "/?q='!$()*",
    ],
)
async def test_an_address_goes_out_as_it_is(target: str) -> None:
    async with WebServer() as server, web_through(HERE) as web:
        response = await web.send(
            WebRequest("PUT", server.url + target, body=b"1"), ExchangeLimits()
        )
        assert (server.seen[0].method, server.seen[0].target) == ("PUT", target)
        assert response.url == server.url + target


async def test_no_header_is_added_that_was_given_and_none_goes_twice() -> None:
    async with WebServer() as server, web_through(HERE) as web:
        headers = (("user-agent", "mine"), ("Host", "other.example"), ("X-A", "\u00e9"))
        await web.send(WebRequest("GET", server.url, headers), ExchangeLimits())
        seen = server.seen[0]
        assert [value for name, value in seen.headers if name == "user-agent"] == ["mine"]
        assert [value for name, value in seen.headers if name == "host"] == [
            f"{HERE}:{server.port}"
        ]
        assert seen.header("x-a") == "\u00e9"


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (302, "PUT", "PUT"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
    ],
)
async def test_a_redirect_changes_the_method_as_the_rules_say(
    status: int, method: str, becomes: str
) -> None:
    def reply(seen: Seen) -> Reply:
        return Reply(status, {"Location": "/b c"}) if seen.target == "/a" else Reply()

    body = b"" if method == "HEAD" else b"text"
    async with WebServer(reply) as server, web_through(HERE) as web:
        await web.send(WebRequest(method, f"{server.url}/a", KEYED, body), ExchangeLimits())
        last = server.seen[-1]
        assert (last.method, last.target) == (becomes, "/b%20c")
        assert last.body == (body if becomes == method else b"")
        assert last.header("authorization") == KEY  # the same origin
        assert (last.header("content-type") is None) == (becomes != method)


async def test_credentials_do_not_follow_to_another_origin() -> None:
    async with WebServer() as other:
        there = Reply(302, {"Location": f"{other.url}/b"})
        async with WebServer(lambda _: there) as server, web_through(HERE) as web:
            await web.send(WebRequest("GET", f"{server.url}/a", KEYED), ExchangeLimits())
            with pytest.raises(AddressRefused, match="body"):
                await web.send(
                    WebRequest("PUT", f"{server.url}/a", KEYED, b"text"), ExchangeLimits()
                )
        (seen,) = other.seen
        assert KEY not in str(seen)
        assert seen.header("content-type") == "text/plain"


async def test_redirects_end() -> None:
    async with (
        WebServer(lambda _: Reply(302, {"Location": "/"})) as server,
        web_through(HERE) as web,
    ):
        with pytest.raises(WebError, match="more than 5 times"):
            await web.send(WebRequest("GET", server.url), ExchangeLimits())
        assert len(server.seen) == 6


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate", "none"])
async def test_a_body_is_unpacked_and_bounded(coding: str) -> None:
    plain = b"0123456789" * 100_000
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain),
        "raw deflate": raw.compress(plain) + raw.flush(),
        "none": plain,
    }[coding]
    headers = {} if coding == "none" else {"Content-Encoding": coding.removeprefix("raw ")}
    async with WebServer(lambda _: Reply(200, headers, packed)) as server, web_through(HERE) as web:
        request = WebRequest("GET", server.url)
        assert (await web.send(request, ExchangeLimits(bytes=len(plain)))).body == plain
        with pytest.raises(WebError, match="ask for less"):
            await web.send(request, ExchangeLimits(bytes=len(plain) - 1))


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"x"),
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"x" * 999)[:-9]),
        ("gzip, gzip", b""),
    ],
)
async def test_a_body_that_is_packed_wrongly_is_no_answer(coding: str, body: bytes) -> None:
    reply = Reply(200, {"Content-Encoding": coding}, body)
    async with WebServer(lambda _: reply) as server, web_through(HERE) as web:
        with pytest.raises(WebError, match=r"packed|early"):
            await web.send(WebRequest("GET", server.url), ExchangeLimits())


async def test_no_body_needs_no_unpacking() -> None:
    headers = {"Content-Encoding": "gzip"}
    async with WebServer(lambda _: Reply(200, headers, b"")) as server, web_through(HERE) as web:
        for method in ("GET", "HEAD"):
            assert (await web.send(WebRequest(method, server.url), ExchangeLimits())).body == b""


async def test_time_ends_over_all_redirects_together() -> None:
    def reply(seen: Seen) -> Reply:
        return Reply(302, {"Location": f"{seen.target}x"}, seconds=0.1)

    async with WebServer(reply) as server, web_through(HERE) as web:
        with pytest.raises(WebTimeout, match=HERE):
            await web.send(WebRequest("GET", server.url), ExchangeLimits(seconds=0.2, redirects=99))


async def test_a_server_that_is_not_there_is_said_to_be() -> None:
    async with WebServer() as server:
        port = server.port
    async with web_through(HERE) as web:
        with pytest.raises(WebError, match=HERE):
            await web.send(WebRequest("GET", f"http://{HERE}:{port}/?key={KEY}"), ExchangeLimits())


async def test_tls_is_spoken_with_the_name_and_not_with_the_address(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path, "api.example")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    names = Names({"api.example": [[HERE]], "other.example": [[HERE]]})
    ssrf_guard = SsrfGuard(read_open_hosts(["*.example"]), look_up=names.look_up)
    trusting = ssl.create_default_context(cafile=certificate)
    web = GuardedWeb(ssrf_guard, GuardedTransport(ssrf_guard, verify=trusting))
    async with WebServer(context=served) as server:
        url = f"https://api.example:{server.port}/"
        assert (await web.send(WebRequest("GET", url), ExchangeLimits())).status == 200
        with pytest.raises(WebError, match=r"other\.example"):
            await web.send(WebRequest("GET", url.replace("api", "other")), ExchangeLimits())
    await web.close()


def _certificate(folder: Path, host: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "server.pem"
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file

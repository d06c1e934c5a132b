"""What the streaming transport does beyond the stock one: its care, its bounds, its client."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.transport import streaming_client
from adapters.http.transport.dialing import first_to_answer
from adapters.http.transport.incoming import MAX_HEAD, MAX_HEADERS, Incoming
from adapters.http.transport.streaming import StreamingTransport
from tests.adapters.http.transport.transport_kinds import (
    CHUNKED,
    HELLO,
    LONG,
    OK,
    SHORT,
    Kind,
    ours,
)
from tests.adapters.raw_server import PIECE, PIECES, Act, RawServer, Step


@pytest.mark.parametrize(
    ("method", "script", "asked"),
    [
        ("GET", (Act.CLOSE,), 2),  # on the kept connection, then on a fresh one
        ("GET", (b"HTTP/1.1 2", Act.CLOSE), 1),
        ("POST", (Act.CLOSE,), 1),
    ],
)
@ours
async def test_asks_again_only_where_nothing_can_have_happened(
    kind: Kind, method: str, script: tuple[Step, ...], asked: int
) -> None:
    async with RawServer(HELLO) as server, kind.client() as client:
        await client.get(server.url)
        server.requests.clear()
        server.script = script
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.request(method, server.url)
        assert len(server.requests) == asked


@ours
async def test_keeps_no_connection_with_half_a_request(kind: Kind) -> None:
    async with RawServer(HELLO) as server, kind.client() as client:

        async def body() -> AsyncIterator[bytes]:
            yield b"hello"
            await server.arrived.acquire()
            await asyncio.sleep(SHORT)  # the answer comes
            raise EOFError

        server.reads_bodies = False
        with pytest.raises(EOFError):
            await client.post(server.url, content=body())
        await client.get(server.url)
        assert server.connections == 2


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        [("Content-Length", "5"), ("Content-Length", "5")],
        [("Transfer-Encoding", "gzip")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        [("Host", "a"), ("Host", "b")],
    ],
)
@ours
async def test_sends_no_request_that_two_servers_read_in_two_ways(
    kind: Kind, headers: list[tuple[str, str]]
) -> None:
    async with RawServer(HELLO) as server, kind.client() as client:
        with pytest.raises(httpx2.LocalProtocolError):
            await client.post(server.url, content=b"hello", headers=headers)
        assert server.requests == []


@pytest.mark.parametrize("length", ["4", "6", "-5", "+5", "5_0"])
@ours
async def test_sends_no_body_of_another_length(kind: Kind, length: str) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"hello"

    async with RawServer(HELLO) as server, kind.client() as client:
        with pytest.raises(httpx2.LocalProtocolError):
            await client.post(server.url, content=body(), headers={"Content-Length": length})
        assert server.requests == []


@ours
async def test_keeps_no_connection_that_says_more_than_it_was_asked(kind: Kind) -> None:
    async with RawServer(HELLO + OK) as server, kind.client() as client:
        for _ in range(2):
            assert (await client.get(server.url)).content == b"hello"
        assert server.connections == 2


@ours
async def test_bounds_the_number_of_headers(kind: Kind) -> None:
    flood = OK + b"a: b\r\n" * (MAX_HEADERS + 2)
    async with RawServer(flood, Act.WAIT) as server, kind.client() as client:
        with pytest.raises(httpx2.RemoteProtocolError, match=str(MAX_HEADERS)):
            await client.get(server.url)


@ours
async def test_bounds_what_follows_the_body(kind: Kind) -> None:
    trailer = b"1\r\n.\r\n0\r\na: " + b"b" * 3 * MAX_HEAD
    async with RawServer(CHUNKED, trailer, Act.WAIT) as server, kind.client() as client:
        with pytest.raises(httpx2.RemoteProtocolError, match=str(MAX_HEAD)):
            await client.get(server.url)


@ours
async def test_reads_an_answer_that_comes_before_the_request_is_whole(kind: Kind) -> None:
    early = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    async with RawServer(early, Act.GATE) as server, kind.client() as client:
        server.reads_bodies = False
        got = await client.post(server.url, content=bytes(len(PIECE) * PIECES))
        assert got.status_code == 413
        server.reads_bodies, server.script = True, (HELLO,)
        await client.get(server.url)
        assert server.connections == 2  # the rest was never sent: the first is of no more use


@ours
async def test_closes_what_nobody_needs(kind: Kind) -> None:
    limits = httpx2.Limits(max_connections=1, keepalive_expiry=SHORT)
    async with RawServer(HELLO) as server, kind.client(limits=limits) as client:
        await client.get(server.url)
        await server.ended.wait()


@ours
async def test_an_idle_connection_makes_room_for_another_server(kind: Kind) -> None:
    limits = httpx2.Limits(max_connections=1)
    async with (
        RawServer(HELLO) as one,
        RawServer(HELLO) as other,
        kind.client(limits=limits) as client,
    ):
        await client.get(one.url)
        await client.get(other.url)
        await one.ended.wait()
        assert not other.ended.is_set()


@ours
async def test_closing_the_client_ends_a_read(kind: Kind) -> None:
    async with RawServer(OK + b"\r\n.", Act.WAIT) as server:
        client = kind.client()
        reading = asyncio.create_task(client.get(server.url))
        await server.arrived.acquire()
        await asyncio.sleep(SHORT)
        await client.aclose()
        with pytest.raises(httpx2.ReadError):
            await reading


@contextmanager
def _black_hole() -> Iterator[int]:
    """Listen on a port where nobody gets through: the queue is full."""
    with ExitStack() as sockets:
        hole = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            caller = sockets.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(hole.getsockname())
        yield hole.getsockname()[1]


@pytest.mark.parametrize("dead", ["refused", "silent"])
@ours
async def test_a_dead_address_does_not_hide_a_living_one(kind: Kind, dead: str) -> None:
    async with RawServer() as gone:
        refused = gone.port
    async with RawServer() as server:
        with _black_hole() as silent:
            ports = [refused if dead == "refused" else silent, server.port]
            addresses = [(socket.AF_INET, ("127.0.0.1", port)) for port in ports]
            with await first_to_answer(addresses) as winner:
                assert winner.getpeername()[1] == server.port


# The client for the SDKs:


async def test_the_client_asks_for_plain_bytes_and_reaches_proxies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer(HELLO) as proxy, RawServer(HELLO) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with streaming_client(LONG) as client:
            await client.get(server.url)
            await client.get("http://far.test/there")
        assert b"\r\naccept-encoding: identity\r\n" in server.requests[0][0]
        assert proxy.requests[0][0].startswith(b"GET http://far.test/there HTTP/1.1\r\n")


def test_importing_it_imports_no_client() -> None:
    code = "import sys, adapters.http.transport; sys.exit('httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# The parser alone:

WHOLE: dict[bytes, bytes] = {
    HELLO: b"hello",
    CHUNKED + b"3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: unread\r\n\r\n": b"hello",
    b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO: b"hello",
    OK + b"Connection: close\r\nX-Long:  a b \r\n\r\nhello": b"hello",
}


def _cut(whole: bytes, places: set[int]) -> Iterator[bytes]:
    ends = sorted(place % len(whole) for place in places)
    for start, end in zip([0, *ends], [*ends, len(whole)], strict=True):
        if piece := whole[start:end]:
            yield piece


@given(st.sampled_from(sorted(WHOLE)), st.sets(st.integers(0, 200)))
def test_an_answer_cut_anywhere_is_the_same(whole: bytes, places: set[int]) -> None:
    uncut, incoming, body = Incoming("GET"), Incoming("GET"), b""
    uncut.feed(whole)
    for piece in _cut(whole, places):
        incoming.feed(piece)
        body += incoming.take()
    incoming.end()
    assert incoming.head == uncut.head
    assert (body, incoming.complete) == (WHOLE[whole], True)


@given(st.binary(max_size=300), st.sampled_from([b"", OK, CHUNKED]))
def test_no_bytes_raise_anything_unexpected(noise: bytes, start: bytes) -> None:
    incoming = Incoming("GET")
    with suppress(httpx2.RemoteProtocolError):
        incoming.feed(start + noise)
        incoming.end()
    assert incoming.size <= len(noise)


async def test_certificates_that_are_not_there_are_missed_by_those_who_need_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    transport = StreamingTransport()
    async with RawServer(HELLO) as server, httpx2.AsyncClient(transport=transport) as client:
        assert (await client.get(server.url)).content == b"hello"
        with pytest.raises(httpx2.ConnectError, match="SSL_CERT_FILE names certificates"):
            await client.get(server.url.replace("http", "https", 1))

"""The streaming transport behaves as the stock one does: answers, faults, connections."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx2
import pytest

from adapters.http.transport.incoming import MAX_HEAD
from tests.adapters.http.transport.transport_kinds import (
    CHUNKED,
    HELLO,
    LONG,
    OK,
    SHORT,
    Kind,
    alike,
)
from tests.adapters.raw_server import PIECE, PIECES, Act, RawServer, Step

Answer = tuple[int, bytes, list[tuple[bytes, bytes]], bytes]  # status, reason, headers, body

ANSWERS: dict[str, tuple[tuple[Step, ...], Answer]] = {
    "length": ((HELLO,), (200, b"OK", [(b"Content-Length", b"5")], b"hello")),
    "empty": (
        (OK + b"content-length: 0\r\n\r\n",),
        (200, b"OK", [(b"content-length", b"0")], b""),
    ),
    "chunked": (
        (CHUNKED, b"3;x=y\r\nhel\r\n2", b"\r\nlo\r\n0\r\nX-Trailer: unread\r\n\r\n"),
        (200, b"OK", [(b"Transfer-Encoding", b"chunked")], b"hello"),
    ),
    "until close": ((OK + b"\r\nhel", b"lo", Act.CLOSE), (200, b"OK", [], b"hello")),
    "HTTP/1.0": ((b"HTTP/1.0 200 OK\r\n\r\nhello", Act.CLOSE), (200, b"OK", [], b"hello")),
    "no content": ((b"HTTP/1.1 204 No Content\r\n\r\n",), (204, b"No Content", [], b"")),
    "not modified": (
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",),
        (304, b"Not Modified", [(b"Content-Length", b"5")], b""),
    ),
    "no reason": (
        (b"HTTP/1.1 429\r\nContent-Length: 4\r\n\r\nslow",),
        (429, b"", [(b"Content-Length", b"4")], b"slow"),
    ),
    "informational": (
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n", HELLO),
        (200, b"OK", [(b"Content-Length", b"5")], b"hello"),
    ),
    "many values": (
        (
            OK
            + b"Set-Cookie: a=1\r\nX-Empty:\r\nset-cookie:  b=\xe9 \t\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            200,
            b"OK",
            [
                (b"Set-Cookie", b"a=1"),
                (b"X-Empty", b""),
                (b"set-cookie", b"b=\xe9"),
                (b"Content-Length", b"0"),
            ],
            b"",
        ),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
@alike
async def test_reads_every_kind_of_answer(kind: Kind, name: str) -> None:
    script, expected = ANSWERS[name]
    async with RawServer(*script) as server, kind.client() as client:
        got = await client.post(server.url, content=b"?")
    reason = got.extensions["reason_phrase"]
    assert (got.status_code, reason, got.headers.raw, got.content) == expected
    assert got.http_version == ("HTTP/1.0" if name == "HTTP/1.0" else "HTTP/1.1")


@alike
async def test_the_client_decodes_what_is_compressed(kind: Kind) -> None:
    body = gzip.compress(b"hello")
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with RawServer(head + body) as server, kind.client() as client:
        assert (await client.get(server.url)).content == b"hello"


@alike
async def test_an_answer_to_head_has_no_body(kind: Kind) -> None:
    async with RawServer(OK + b"Content-Length: 5\r\n\r\n") as server, kind.client() as client:
        for _ in range(2):
            assert (await client.head(server.url)).content == b""
        assert server.connections == 1


FAULTS: dict[str, tuple[tuple[Step, ...], type[httpx2.TransportError]]] = {
    "reset before the answer": ((Act.RESET,), httpx2.ReadError),
    "reset in the body": ((CHUNKED + b"5\r\nhello\r\n", Act.RESET), httpx2.ReadError),
    "reset in a body until close": ((OK + b"\r\nhello", Act.RESET), httpx2.ReadError),
    "closed before the answer": ((Act.CLOSE,), httpx2.RemoteProtocolError),
    "closed in the head": ((OK + b"Content-Len", Act.CLOSE), httpx2.RemoteProtocolError),
    "chunks cut short": ((CHUNKED + b"5\r\nhel", Act.CLOSE), httpx2.RemoteProtocolError),
    "no last chunk": ((CHUNKED + b"5\r\nhello\r\n", Act.CLOSE), httpx2.RemoteProtocolError),
    "length cut short": ((HELLO[:-1], Act.CLOSE), httpx2.RemoteProtocolError),
    "garbage": ((b"SSH-2.0-OpenSSH_9.6\r\n\r\n",), httpx2.RemoteProtocolError),
    "no such chunk size": ((CHUNKED + b"five\r\nhello\r\n",), httpx2.RemoteProtocolError),
    "unknown coding": (
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",),
        httpx2.RemoteProtocolError,
    ),
    "two codings": (
        (OK + b"Transfer-Encoding: gzip\r\n" + CHUNKED[len(OK) :] + b"0\r\n\r\n",),
        httpx2.RemoteProtocolError,
    ),
    "another protocol": (
        (b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", Act.WAIT),
        httpx2.RemoteProtocolError,
    ),
    "endless header": ((OK + b"a: " + b"b" * 3 * MAX_HEAD, Act.WAIT), httpx2.RemoteProtocolError),
    "endless headers": ((OK + b"a: b\r\n" * MAX_HEAD, Act.WAIT), httpx2.RemoteProtocolError),
    "silent before the answer": ((Act.WAIT,), httpx2.ReadTimeout),
    "silent in the head": ((OK, Act.WAIT), httpx2.ReadTimeout),
    "silent in the body": ((CHUNKED + b"5\r\nhello\r\n", Act.WAIT), httpx2.ReadTimeout),
}


@pytest.mark.parametrize("name", FAULTS)
@alike
async def test_names_every_fault_alike(kind: Kind, name: str) -> None:
    script, error = FAULTS[name]
    timeouts = {"read": SHORT} if error is httpx2.ReadTimeout else {}
    limits = httpx2.Limits(max_connections=1)
    async with RawServer(*script) as server, kind.client(limits=limits, **timeouts) as client:
        with pytest.raises(error) as caught:
            await client.post(server.url, content=b"?")
        assert type(caught.value) is error
        server.script = (HELLO,)  # the connection was given up, its place is free
        assert (await client.post(server.url, content=b"?", timeout=LONG)).content == b"hello"
        assert server.connections == 2


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "{longest}.test"])
@alike
async def test_nobody_there_is_an_error_of_connecting(kind: Kind, host: str) -> None:
    async with RawServer() as server:
        port = server.port
    async with kind.client(limits=httpx2.Limits(max_connections=1)) as client:
        for _ in range(2):
            with pytest.raises(httpx2.ConnectError):
                await client.get(f"http://{host.format(port=port, longest='a' * 70)}/")


@alike
async def test_other_protocols_are_refused(kind: Kind) -> None:
    async with kind.client() as client:
        with pytest.raises(httpx2.UnsupportedProtocol):
            await client.get("ftp://127.0.0.1/")


@alike
async def test_a_silent_handshake_times_out_as_connecting(kind: Kind) -> None:
    async with RawServer() as server, kind.client(connect=SHORT) as client:
        with pytest.raises(httpx2.ConnectTimeout):
            await client.get(server.url.replace("http", "https"))


@alike
async def test_a_server_that_takes_nothing_times_out_as_writing(kind: Kind) -> None:
    async with RawServer(Act.GATE) as server, kind.client(write=SHORT) as client:
        server.reads_bodies = False
        with pytest.raises(httpx2.WriteTimeout):
            await client.post(server.url, content=bytes(len(PIECE) * PIECES))


@alike
async def test_waiting_for_a_connection_times_out(kind: Kind) -> None:
    limits = httpx2.Limits(max_connections=1)
    script = (CHUNKED + b"1\r\n.\r\n", Act.WAIT)
    async with RawServer(*script) as server, kind.client(limits=limits, pool=SHORT) as client:
        held = await client.send(client.build_request("GET", server.url), stream=True)
        with pytest.raises(httpx2.PoolTimeout):
            await client.get(server.url)
        await held.aclose()


@alike
async def test_only_the_servers_silence_counts_and_from_the_last_piece(kind: Kind) -> None:
    script = (CHUNKED + b"3\r\nhel\r\n", Act.GATE, b"2\r\nlo\r\n", Act.WAIT)
    async with (
        RawServer(*script) as server,
        kind.client(read=24 * SHORT) as client,
        client.stream("GET", server.url) as got,
    ):
        pieces = got.aiter_bytes()
        assert await anext(pieces) == b"hel"
        await asyncio.sleep(26 * SHORT)  # it is the reader who takes long
        asyncio.get_running_loop().call_later(2 * SHORT, server.gate.set)
        assert await anext(pieces) == b"lo"
        with pytest.raises(httpx2.ReadTimeout):
            await anext(pieces)


@alike
async def test_serves_on_over_one_connection(kind: Kind) -> None:
    async with RawServer(HELLO) as server, kind.client() as client:
        for _ in range(3):
            await client.post(server.url, content=b"?")
        assert (server.connections, len(server.requests)) == (1, 3)


@pytest.mark.parametrize("head", [OK + b"Connection: close\r\n", b"HTTP/1.0 200 OK\r\n"])
@alike
async def test_keeps_no_connection_that_the_server_will_close(kind: Kind, head: bytes) -> None:
    async with RawServer(head + b"Content-Length: 0\r\n\r\n") as server, kind.client() as client:
        for _ in range(2):
            await client.post(server.url, content=b"?")
        assert server.connections == 2


@alike
async def test_notices_that_a_kept_connection_was_closed(kind: Kind) -> None:
    async with RawServer(HELLO, Act.CLOSE) as server, kind.client() as client:
        for _ in range(2):
            assert (await client.post(server.url, content=b"?")).content == b"hello"
            await server.ended.wait()
            server.ended.clear()
        assert len(server.requests) == 2


@alike
async def test_the_server_sees_a_reader_leave(kind: Kind) -> None:
    async with RawServer(CHUNKED + b"1\r\n.\r\n", Act.WAIT) as server, kind.client() as client:
        async with client.stream("GET", server.url) as got:
            assert await anext(got.aiter_bytes()) == b"."
        await server.left.wait()


@pytest.mark.parametrize("script", [(Act.WAIT,), (CHUNKED + b"1\r\n.\r\n", Act.WAIT)])
@alike
async def test_the_server_sees_a_cancelled_reader(kind: Kind, script: tuple[Step, ...]) -> None:
    limits = httpx2.Limits(max_connections=1)
    async with RawServer(*script) as server, kind.client(limits=limits) as client:
        reading = asyncio.create_task(client.get(server.url))
        await server.arrived.acquire()
        await asyncio.sleep(SHORT)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        await server.left.wait()
        server.script = (HELLO,)
        assert (await client.get(server.url)).content == b"hello"


@alike
async def test_fifty_at_once(kind: Kind) -> None:
    async with RawServer(CHUNKED, Act.GATE, b"1\r\n.\r\n0\r\n\r\n") as server:
        async with kind.client() as client, asyncio.TaskGroup() as group:
            asking = [group.create_task(client.get(server.url)) for _ in range(50)]
            for _ in asking:
                await server.arrived.acquire()
            server.gate.set()
        assert [task.result().content for task in asking] == [b"."] * 50
        assert server.connections == 50


@alike
async def test_a_slow_reader_slows_the_server_down(kind: Kind) -> None:
    async with RawServer(CHUNKED, Act.STUFF) as server, kind.client() as client:
        async with client.stream("GET", server.url) as got:
            pieces = got.aiter_bytes()
            size = len(await anext(pieces))
            await server.stalled.wait()
            assert server.sent < PIECES / 2  # the rest is held by the kernel, or not yet sent
            async for piece in pieces:
                size += len(piece)
        assert size == len(PIECE) * PIECES


async def _pieces() -> AsyncIterator[bytes]:
    for piece in (b"hel", b"", b"lo"):
        yield piece


@alike
async def test_sends_bodies_whole_or_in_chunks(kind: Kind) -> None:
    async with RawServer(HELLO) as server, kind.client() as client:
        await client.post(f"{server.url}a%20b?c=d", content=b"hello", headers={"X-Y": "z"})
        await client.post(server.url, content=_pieces())
        (first, whole), (second, chunked) = server.requests
    assert first.startswith(b"POST /a%20b?c=d HTTP/1.1\r\n")
    assert b"\r\nX-Y: z\r\n" in first
    assert b"\r\nTransfer-Encoding: chunked\r\n" in second
    assert (whole, chunked) == (b"hello", b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "headers",
    [{"X": "a\r\nY: b"}, {"X": "key\n"}, {"X Y": "a"}],
    ids=["split", "line end", "name"],
)
@alike
async def test_sends_no_request_that_could_pass_for_two(
    kind: Kind, headers: dict[str, str]
) -> None:
    async with RawServer(HELLO) as server, kind.client() as client:
        with pytest.raises(httpx2.LocalProtocolError):
            await client.post(server.url, content=b"?", headers=headers)
        assert server.requests == []

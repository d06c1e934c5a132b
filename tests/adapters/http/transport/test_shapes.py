"""Responses in the shapes that smuggling uses: refused, or read in one way; and never kept."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from tests.adapters.http.transport.transport_kinds import CHUNKED, HELLO, OK, Kind, ours
from tests.adapters.http.transport.transport_reading import EVIL, read
from tests.adapters.raw_server import Act, RawServer

ABC = b"3\r\nabc\r\n0\r\n\r\n"
GOOD = OK + b"Content-Length: 4\r\n\r\ngood"

REFUSED: dict[str, bytes] = {
    "length and chunks": OK + b"Content-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n" + ABC,
    "chunks and length": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 13\r\n\r\n" + ABC,
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello",
    "a length twice": OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "lengths in a list": OK + b"Content-Length: 5, 3\r\n\r\nhello",
    "length with plus": OK + b"Content-Length: +5\r\n\r\nhello",
    "length below zero": OK + b"Content-Length: -5\r\n\r\nhello",
    "length in hex": OK + b"Content-Length: 0x5\r\n\r\nhello",
    "length with underscore": OK + b"Content-Length: 0_5\r\n\r\nhello",
    "length and words": OK + b"Content-Length: 5 bytes\r\n\r\nhello",
    "no length": OK + b"Content-Length:\r\n\r\nhello",
    "length after a tab": OK + b"Content-Length: \x0b5\r\n\r\nhello",
    "length that runs over": OK + b"Content-Length: 18446744073709551621\r\n\r\nhello",
    "length before a space": OK + b"Content-Length : 5\r\n\r\nhello",
    "length folded": OK + b"Content-Length:\r\n 5\r\n\r\nhello",
    "length in a fold": OK + b"X: y\r\n Content-Length: 5\r\n\r\nhello",
    "a fold first": OK + b" X: y\r\nContent-Length: 5\r\n\r\nhello",
    "coding before a space": OK + b"Transfer-Encoding : chunked\r\n\r\n" + ABC,
    "coding folded": OK + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + ABC,
    "coding much like it": OK + b"Transfer-Encoding: xchunked\r\n\r\n" + ABC,
    "coding after a tab": OK + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + ABC,
    "coding before a tab": OK + b"Transfer-Encoding: chunked\t\r\n\r\n" + ABC,
    "coding with more": OK + b"Transfer-Encoding: chunked;q=1\r\n\r\n" + ABC,
    "coding twice": OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + ABC,
    "no coding": OK + b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
    "bare line feeds": OK.replace(b"\r", b"") + b"Content-Length: 5\n\nhello",
    "a bare line feed": OK + b"A: b\nContent-Length: 5\r\n\r\nhello",
    "a bare line feed last": OK + b"Content-Length: 5\r\n\nhello",
    "a bare return": OK + b"A: b\rContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello",
    "a return too many": OK + b"A: b\r\r\nContent-Length: 5\r\n\r\nhello",
    "a null in a value": OK + b"A: b\0\r\nContent-Length: 5\r\n\r\nhello",
    "a null in a name": OK + b"A\0: b\r\nContent-Length: 5\r\n\r\nhello",
    "no colon": OK + b"A\r\nContent-Length: 5\r\n\r\nhello",
    "no name": OK + b": b\r\nContent-Length: 5\r\n\r\nhello",
    "a space in a name": OK + b"A B: c\r\nContent-Length: 5\r\n\r\nhello",
    "a status of 1000": b"HTTP/1.1 1000 OK\r\nContent-Length: 5\r\n\r\nhello",
    "a status of 0": b"HTTP/1.1 000 OK\r\nContent-Length: 5\r\n\r\nhello" + HELLO,
    "a status of 99": b"HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello" + HELLO,
    "a status with a sign": b"HTTP/1.1 +20 OK\r\nContent-Length: 5\r\n\r\nhello",
    "a return in a reason": b"HTTP/1.1 200 O\rK\r\nContent-Length: 5\r\n\r\nhello",
    "words before": b"x" + HELLO,
    "another version": b"HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunk with plus": CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "chunk below zero": CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
    "chunk in hex": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "chunk with underscore": CHUNKED + b"0_3\r\nabc\r\n0\r\n\r\n",
    "chunk that runs over": CHUNKED + b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "chunk of no size": CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "chunk of words": CHUNKED + b";x\r\nabc\r\n0\r\n\r\n",
    "chunk before a space": CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n",
    "chunk after a space": CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n",
    "chunk with bare line feed": CHUNKED + b"3\nabc\r\n0\r\n\r\n",
    "chunk with bare return": CHUNKED + b"3\rabc\r\n0\r\n\r\n",
    "chunk ended by a line feed": CHUNKED + b"3\r\nabc\n0\r\n\r\n",
    "chunk that is longer": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "chunk without end": CHUNKED + b"3\r\nabc0\r\n\r\n",
    "chunk extended over a line": CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "chunk extended by a return": CHUNKED + b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "chunk with open quotes": CHUNKED + b'3;a="x\r\nabc\r\n0\r\n\r\n',
    "trailer of a length": CHUNKED + b"0\r\nContent-Length: 5\r\n\r\nhello",
    "trailer without colon": CHUNKED + b"0\r\nA\r\n\r\n",
    "trailer ended by a line feed": CHUNKED + b"0\r\n\n",
    "body of what only announces": b"HTTP/1.1 103 E\r\nContent-Length: 5\r\n\r\nhello" + HELLO,
}


@pytest.mark.parametrize("name", REFUSED)
def test_no_shape_that_two_readers_read_in_two_ways_is_read(name: str) -> None:
    for pieces in ([REFUSED[name]], [bytes([each]) for each in REFUSED[name]]):
        reading = read(pieces)
        assert reading.refused, reading
        assert reading.body in (b"", b"abc"), reading  # what came before it was known


@dataclass(frozen=True)
class Answer:
    """Bytes that are an answer to a method, with the body they have, and whether it ends there."""

    sent: bytes
    body: bytes
    kept: bool
    method: str = "GET"


READ: dict[str, Answer] = {
    "length": Answer(HELLO, b"hello", kept=True),
    "length with zeros": Answer(OK + b"Content-Length: 005\r\n\r\nhello", b"hello", kept=True),
    "coding in capitals": Answer(
        OK + b"TRANSFER-ENCODING: CHUNKED\r\n\r\n" + ABC, b"abc", kept=True
    ),
    "chunks extended": Answer(CHUNKED + b'3;a=b;c="d"\r\nabc\r\n0;e\r\n\r\n', b"abc", kept=True),
    "chunks with zeros": Answer(CHUNKED + b"000" + ABC, b"abc", kept=True),
    "a trailer": Answer(CHUNKED + ABC[:-2] + b"A: b\r\n\r\n", b"abc", kept=True),
    "told before": Answer(b"HTTP/1.1 103 E\r\nA: b\r\n\r\n" + HELLO, b"hello", kept=True),
    "lines before": Answer(b"\r\n\r\n" + HELLO, b"hello", kept=True),
    "not content": Answer(b"HTTP/1.1 204 N\r\nA: b\r\n\r\n", b"", kept=True),
    "nothing new": Answer(b"HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n", b"", kept=True),
    "a head alone": Answer(HELLO[:-5], b"", kept=True, method="HEAD"),
    "204 with a body": Answer(b"HTTP/1.1 204 N\r\nContent-Length: 5\r\n\r\nhello", b"", kept=False),
    "204 with chunks": Answer(
        b"HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n" + ABC, b"", kept=False
    ),
    "304 with a body": Answer(b"HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\nhello", b"", kept=False),
    "HEAD with a body": Answer(HELLO, b"", kept=False, method="HEAD"),
    "HEAD with chunks": Answer(CHUNKED + ABC, b"", kept=False, method="HEAD"),
    "HEAD with no chunks": Answer(CHUNKED + b"0\r\n\r\n", b"", kept=False, method="HEAD"),
    "HEAD with half a chunk": Answer(CHUNKED + b"0\r\n", b"", kept=False, method="HEAD"),
    "a length too short": Answer(HELLO + b"!", b"hello", kept=False),
    "an answer unasked": Answer(HELLO + EVIL, b"hello", kept=False),
    "a beginning unasked": Answer(HELLO + EVIL[:1], b"hello", kept=False),
    "an answer after chunks": Answer(CHUNKED + ABC + EVIL, b"abc", kept=False),
    "more than the last": Answer(
        OK + b"Connection: close\r\n" + HELLO[len(OK) :] + EVIL, b"hello", kept=False
    ),
    "chunks of old": Answer(CHUNKED.replace(b"1.1", b"1.0") + ABC, b"abc", kept=False),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_read_in_one_way(name: str) -> None:
    answer = READ[name]
    for pieces in ([answer.sent], [bytes([each]) for each in answer.sent]):
        reading = read(pieces, answer.method)
        assert (reading.body, reading.whole, reading.refused) == (answer.body, True, False)
        assert reading.kept == answer.kept


@pytest.mark.parametrize("name", [*READ, *REFUSED])
@ours
async def test_what_is_not_asked_answers_nobody(kind: Kind, name: str) -> None:
    answer = READ.get(name) or Answer(REFUSED[name], b"", kept=False)
    async with RawServer(answer.sent) as server, kind.client() as client:
        try:
            got = await client.request(answer.method, server.url)
            assert got.content == answer.body
        except httpx2.RemoteProtocolError:
            assert name in REFUSED
        server.script = (GOOD,)
        assert (await client.post(server.url, content=b"?")).content == b"good"
        assert server.connections == (1 if answer.kept else 2)


@pytest.mark.parametrize("unasked", [EVIL, EVIL[:20], b"H", b"\r\n"])
@ours
async def test_what_comes_between_two_requests_answers_neither(kind: Kind, unasked: bytes) -> None:
    async with RawServer(HELLO, Act.GATE, unasked, Act.WAIT) as server, kind.client() as client:
        assert (await client.get(server.url)).content == b"hello"
        server.script = (GOOD,)
        server.gate.set()
        await server.ended.wait()
        assert (await client.post(server.url, content=b"?")).content == b"good"
        assert server.connections == 2


@ours
async def test_what_comes_while_the_request_is_made_can_be_the_last(kind: Kind) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"?"
        await server.ended.wait()
        yield b"!"

    async with RawServer(GOOD, Act.CLOSE) as server, kind.client() as client:
        server.reads_bodies = False
        assert (await client.post(server.url, content=body())).content == b"good"


@ours
async def test_what_comes_before_the_request_does_not_answer_it(kind: Kind) -> None:
    async def body() -> AsyncIterator[bytes]:
        server.gate.set()
        await server.ended.wait()
        yield b"?"

    async with RawServer(HELLO, Act.GATE, EVIL, Act.WAIT) as server, kind.client() as client:
        assert (await client.get(server.url)).content == b"hello"
        with pytest.raises(httpx2.TransportError):
            await client.post(server.url, content=body())
        assert len(server.requests) == 1

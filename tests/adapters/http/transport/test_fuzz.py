"""Responses made up at random, whole and spoilt: cut anywhere, they are read in one way."""

import re
from collections.abc import Sequence

import h11
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.http.transport.incoming import Head
from tests.adapters.http.transport.transport_reading import EVIL, Reading, cut, read

_TOKEN = st.text("ABCxyz019!#$%&'*+-.^_`|~", min_size=1, max_size=8).map(str.encode)
_VALUE = st.binary(max_size=12).map(lambda each: re.sub(rb"[\x00-\x20\x7f]+", b" ", each).strip())
_FRAMING = {b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"keep-alive"}
_HEADERS = st.lists(
    st.tuples(_TOKEN, _VALUE).filter(lambda pair: pair[0].lower() not in _FRAMING), max_size=4
)
_REASON = _VALUE
_STATUS = st.integers(200, 999).filter(lambda status: status not in {204, 304})
_SPACE = st.sampled_from([b"", b" ", b"\t", b" \t "])
_EXTENSION = st.sampled_from([b"", b";a", b";a=b", b';a="b c"', b";a=b;c"])


def _lines(headers: Sequence[tuple[bytes, bytes]], space: bytes) -> bytes:
    return b"".join(b"%b:%b%b%b\r\n" % (name, space, value, space) for name, value in headers)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, Reading]:
    """Draw an answer in good form, with what must be read of it."""
    status, reason, headers = draw(_STATUS), draw(_REASON), draw(_HEADERS)
    pieces = draw(st.lists(st.binary(min_size=1, max_size=40), max_size=4))
    body, space = b"".join(pieces), draw(_SPACE)
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    told = b"".join(
        b"HTTP/1.1 %d E\r\n%b\r\n" % (number, _lines(draw(_HEADERS), b" "))
        for number in draw(st.lists(st.sampled_from([100, 102, 103, 199]), max_size=2))
    )
    match framing:
        case "length":
            headers.insert(
                draw(st.integers(0, len(headers))), (b"Content-Length", b"%d" % len(body))
            )
        case "chunked":
            headers.insert(draw(st.integers(0, len(headers))), (b"Transfer-Encoding", b"chunked"))
    if framing == "chunked":
        space = space.replace(b"\t", b" ")  # a tab is refused there
    head = b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, reason, _lines(headers, space))
    sent = body
    if framing == "chunked":
        chunks = [b"%x%b\r\n%b\r\n" % (len(each), draw(_EXTENSION), each) for each in pieces]
        sent = b"".join(chunks) + b"0\r\n" + _lines(draw(_HEADERS), space) + b"\r\n"
    expected = Head("1.1", status, reason, headers)
    return told + head + sent, Reading(expected, body, True, False, framing != "close")


_PLACES = st.lists(st.integers(0, 400), max_size=12)


@given(answers(), _PLACES)
def test_every_answer_is_read_wherever_it_is_cut(
    answer: tuple[bytes, Reading], places: list[int]
) -> None:
    sent, expected = answer
    assert read(list(cut(sent, places))) == expected


@given(answers(), st.binary(min_size=1, max_size=60), _PLACES)
def test_whatever_follows_an_answer_ends_the_connection(
    answer: tuple[bytes, Reading], more: bytes, places: list[int]
) -> None:
    sent, expected = answer
    assume(expected.kept and more.strip(b"\r\n"))
    reading = read(list(cut(sent + more, places)))
    assert reading == expected._replace(kept=False)


_PARTS = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b";",
        b",",
        b"\0",
        b"0",
        b"-1",
        b"+5",
        b"0x5",
        b"\x0b",
    ),
    *(b"Content-Length: 5\r\n", b"content-length:3\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(
        b"chunked",
        b"identity",
        b"Connection: close\r\n",
        b"Connection: keep-alive\r\n",
        b"0\r\n\r\n",
    ),
    *(
        b"HTTP/1.1 100 C\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.1 204 N\r\n",
        EVIL,
        b"fffffffffffffffff",
    ),
]
_CHANGES = st.lists(
    st.tuples(
        st.integers(0, 400), st.integers(0, 12), st.sampled_from(_PARTS) | st.binary(max_size=3)
    ),
    max_size=4,
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """Draw an answer with some of it taken out, and other things put in."""
    sent, _ = draw(answers())
    for number, length, part in draw(_CHANGES):
        place = number % (len(sent) + 1)
        sent = sent[:place] + part + sent[place + length :]
    return sent


_METHODS = st.sampled_from(["GET", "HEAD"])


@given(spoilt(), _METHODS, _PLACES)
def test_any_bytes_cut_anywhere_are_read_the_same(
    sent: bytes, method: str, places: list[int]
) -> None:
    whole, in_pieces = read([sent], method), read(list(cut(sent, places)), method)
    assert in_pieces._replace(kept=whole.kept) == whole
    # Line ends after an answer are passed over, but for those that come apart from it.
    assert whole.kept or not in_pieces.kept


@given(spoilt(), _METHODS)
def test_two_readers_do_not_read_two_things(sent: bytes, method: str) -> None:
    reading = read([sent], method)
    other = _read_by_h11(sent, method)
    if reading.whole and other is not None:
        assert reading.head is not None
        assert (reading.head.status, reading.body) == other


def _read_by_h11(sent: bytes, method: str) -> tuple[int, bytes] | None:
    """Return the status and the body that another library reads; None where it finds none."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(sent)
    reader.receive_data(b"")
    status, body = 0, b""
    try:
        while not isinstance(event := reader.next_event(), h11.EndOfMessage):
            match event:
                case h11.Response():
                    status = event.status_code
                case h11.Data():
                    body += bytes(event.data)
                case h11.InformationalResponse():
                    pass
                case _:
                    return None
    except h11.RemoteProtocolError:
        return None
    return status, body

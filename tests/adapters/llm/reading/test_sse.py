"""The decoder of server-sent events: the standard's examples, and any cutting of any bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.reading.sse import EventDecoder, OversizedEvent

WORDS = [b"data", b":", b" ", b"x", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"id: 1", "ñ".encode()]


def decode(*pieces: bytes, limit: int = 1000) -> list[bytes]:
    decoder = EventDecoder(limit)
    return [data for piece in pieces for data in decoder.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data: one\r\n\r\ndata: two\r\n\r\n", [b"one", b"two"]),
        (b"data: one\r\rdata: two\r\r", [b"one", b"two"]),
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [b"YHOO\n+2\n10"]),
        (b": test stream\n\ndata: first\nid: 1\n\ndata:second\nid\n\n", [b"first", b"second"]),
        (b"data\n\ndata\ndata\n\ndata:", [b"", b"\n"]),
        (b"data:test\n\ndata: test\n\ndata:  test\n\n", [b"test", b"test", b" test"]),
        (b"\xef\xbb\xbfdata: x\n\n\xef\xbb\xbfdata: y\n\n", [b"x"]),
        (b"event: ping\nretry: 10\n\n\n\n", []),
        (b"database: x\n\ndata x\n\n", []),
        (b"data: never ended\n", []),
        (b'\n\n\ndata: {"a": "b: c"}\n\n', [b'{"a": "b: c"}']),
    ],
)
def test_follows_the_standard(stream: bytes, events: list[bytes]) -> None:
    assert decode(stream) == events


@given(st.lists(st.sampled_from(WORDS)).map(b"".join), st.data())
def test_gives_the_same_events_however_they_are_cut(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*pieces) == decode(stream)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=50)))
def test_gives_back_what_was_sent(texts: list[str]) -> None:
    stream = "".join(f"data: {text}\r\n\r\n" for text in texts).encode()
    assert decode(stream) == [text.encode() for text in texts]


@given(st.binary(max_size=300))
def test_takes_any_bytes(stream: bytes) -> None:
    decode(stream)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([b"\n", b"\r", b"\r\n"]))
def test_bounds_an_event_however_it_is_cut(size: int, step: int, end: bytes) -> None:
    stream = b"x" * size + end + end
    pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
    if size > 20:
        with pytest.raises(OversizedEvent):
            decode(*pieces, limit=20)
    else:
        assert decode(*pieces, limit=20) == []


def test_bounds_an_event_that_never_ends() -> None:
    with pytest.raises(OversizedEvent):
        decode(*[b"x"] * 2000)

"""A request of any making reaches the server as that one request, or not at all."""

from collections.abc import AsyncIterator, Sequence

import h11
import httpx2
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.transport.outgoing import encoded

_ANY = st.text(st.characters(max_codepoint=255), max_size=12) | st.sampled_from(
    ["a\r\nX: b", "a\n", "chunked", "5", "0\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"]
)
_NAMES = (
    st.sampled_from(["X-A", "Content-Length", "Transfer-Encoding", "Host", "Connection"]) | _ANY
)
_HEADERS = st.lists(st.tuples(_NAMES, _ANY), max_size=3)
_TARGETS = _ANY.map(lambda text: "/" + text)
_METHODS = st.sampled_from(["GET", "POST", "DELETE", "get", "PO ST", "G\r\n"])


@given(_METHODS, _TARGETS, _HEADERS, st.lists(st.binary(max_size=20), max_size=3))
async def test_a_request_is_one_or_none(
    method: str, target: str, headers: Sequence[tuple[str, str]], pieces: Sequence[bytes]
) -> None:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    request = httpx2.Request(
        method,
        "http://a.test/",
        headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        content=body(),
        extensions={"target": target.encode("latin-1")},
    )
    sent = b""
    try:
        async for each in encoded(request):
            sent += each
    except httpx2.LocalProtocolError:
        return
    got, received = _read_by_h11(sent)
    assert (got.method, got.target) == (request.method.encode(), target.encode("latin-1"))
    lowered = [(name.lower(), value) for name, value in request.headers.raw]
    assert list(got.headers) == lowered
    assert received == b"".join(pieces)


def _read_by_h11(sent: bytes) -> tuple[h11.Request, bytes]:
    """Return the one request that another library reads, with its body."""
    reader, body = h11.Connection(h11.SERVER), b""
    reader.receive_data(sent)
    head = reader.next_event()
    assert isinstance(head, h11.Request), head
    while isinstance(event := reader.next_event(), h11.Data):
        body += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage), event
    assert reader.trailing_data[0] == b""
    return head, body

"""A request as bytes, checked so that nothing in it can pass for another request."""

import re
from collections.abc import AsyncGenerator, AsyncIterable

import httpx2

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"(?:[^\x00\s]+(?:[ \t]+[^\x00\s]+)*)?")
_TARGET = re.compile(rb"[\x21-\x7e]+")
_LAST_CHUNK = b"0\r\n\r\n"


async def encoded(request: httpx2.Request) -> AsyncGenerator[bytes, None]:
    """Yield what goes over the wire: the head together with the first piece of the body.

    Raises:
        httpx2.LocalProtocolError: a header, the target or the length of the body is wrong.

    """
    waiting = _head(request)
    left = _length(request)
    chunked = left is None
    if not isinstance(request.stream, AsyncIterable):
        raise httpx2.LocalProtocolError("A body that cannot be read asynchronously.")
    async for piece in request.stream:
        if not piece:
            continue
        if left is not None and (left := left - len(piece)) < 0:
            raise httpx2.LocalProtocolError("Too much data for declared Content-Length")
        yield waiting + (b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        waiting = b""
    if left:
        raise httpx2.LocalProtocolError("Too little data for declared Content-Length")
    if chunked:
        waiting += _LAST_CHUNK
    if waiting:
        yield waiting


def _head(request: httpx2.Request) -> bytes:
    method = request.method.encode()
    target = request.extensions.get("target", request.url.raw_path)  # httpx2's way to say it as is
    if not (_TOKEN.fullmatch(method) and _TARGET.fullmatch(target)):
        raise httpx2.LocalProtocolError("Illegal request line")
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    if len(request.headers.get_list("host")) != 1:
        raise httpx2.LocalProtocolError("Illegal Host")
    for name, value in request.headers.raw:
        if not (_TOKEN.fullmatch(name) and _VALUE.fullmatch(value)):
            # Not the value: it may be a key.
            raise httpx2.LocalProtocolError(f"Illegal header {name!r}")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b"", b""])


def _length(request: httpx2.Request) -> int | None:
    """Return how long the body is said to be; None if it goes in chunks."""
    declared, coding = (
        request.headers.get(name) for name in ("content-length", "transfer-encoding")
    )
    if coding is not None:
        if declared is not None or coding.lower() != "chunked":
            raise httpx2.LocalProtocolError("Illegal Transfer-Encoding")
        return None
    if declared is None:
        return 0
    if not (declared.isascii() and declared.isdigit()):
        raise httpx2.LocalProtocolError("Illegal Content-Length")
    return int(declared)

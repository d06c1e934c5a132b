"""Serialization of a request, with checks against request smuggling and header injection."""

import re
from collections.abc import AsyncGenerator, AsyncIterable

import httpx2

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"(?:[^\x00\s]+(?:[ \t]+[^\x00\s]+)*)?")
_TARGET = re.compile(rb"[\x21-\x7e]+")
_LAST_CHUNK = b"0\r\n\r\n"


async def encoded(request: httpx2.Request) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of a request: its head with the first piece of the body, then the rest.

    Raises:
        httpx2.LocalProtocolError: a header, the target or the body's length is not valid.

    """
    pending = _head(request)
    remaining = _length(request)
    chunked = remaining is None
    if not isinstance(request.stream, AsyncIterable):
        raise httpx2.LocalProtocolError("A body that cannot be read asynchronously.")
    async for piece in request.stream:
        if not piece:
            continue
        if remaining is not None and (remaining := remaining - len(piece)) < 0:
            raise httpx2.LocalProtocolError("Too much data for declared Content-Length")
        yield pending + (b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        pending = b""
    if remaining:
        raise httpx2.LocalProtocolError("Too little data for declared Content-Length")
    if chunked:
        pending += _LAST_CHUNK
    if pending:
        yield pending


def _head(request: httpx2.Request) -> bytes:
    method = request.method.encode()
    # httpx2's extension for a target that is sent as it is.
    target = request.extensions.get("target", request.url.raw_path)
    if not (_TOKEN.fullmatch(method) and _TARGET.fullmatch(target)):
        raise httpx2.LocalProtocolError("Illegal request line")
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    if len(request.headers.get_list("host")) != 1:
        raise httpx2.LocalProtocolError("Illegal Host")
    for name, value in request.headers.raw:
        if not (_TOKEN.fullmatch(name) and _VALUE.fullmatch(value)):
            # Without the value: it may be a secret.
            raise httpx2.LocalProtocolError(f"Illegal header {name!r}")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b"", b""])


def _length(request: httpx2.Request) -> int | None:
    """Return the declared length of the body; None if it is chunked."""
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

"""HTTP as strangers speak it: bytes on a socket."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit


def exchange(url: str, *parts: bytes, seconds: float = 10.0) -> bytes:
    """Send bytes and return all that comes back until the server closes or falls silent."""
    where = urlsplit(url)
    answer = b""
    with socket.create_connection((where.hostname, where.port), seconds) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                connection.sendall(part)
        with suppress(TimeoutError, ConnectionResetError):
            while more := connection.recv(65536):
                answer += more
    return answer


def request(
    method: str, path: bytes, headers: Iterable[bytes] = (), body: bytes = b"", host: bytes = b"x"
) -> bytes:
    """Return one request, closed by the server after the answer."""
    lines = [
        method.encode() + b" " + path + b" HTTP/1.1",
        b"Host: " + host,
        b"Connection: close",
        *headers,
    ]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def status_of(answer: bytes) -> int:
    """Return the status of an answer."""
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer[9:12])

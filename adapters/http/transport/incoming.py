"""The parser of one HTTP/1.1 response, without I/O.

llhttp (httptools) parses the syntax. The end of the body is decided here: the parser cannot be told
of a HEAD request, nor that the connection has ended.
"""

from dataclasses import dataclass

import httptools
import httpx2

MAX_HEAD = 100 * 1024  # bytes, as in httpx2's own transport; also for trailers
MAX_HEADERS = 256

_CODING = b"transfer-encoding"
_BODILESS = frozenset({204, 304})
_VERSIONS = frozenset({"1.0", "1.1"})
_INFORMATIONAL = range(100, 200)
_SWITCHING_PROTOCOLS = 101


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a response. ``version`` is such as ``1.1``; header names keep their case."""

    version: str
    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]


class Incoming:
    """The response to one request: feed it bytes, read its head, take its body.

    ``head`` is None until it is complete; ``complete`` says that the body is; ``size`` is the
    number of bytes that can be taken. ``keep_alive`` says whether the connection can be reused.
    """

    def __init__(self, method: str) -> None:
        self.head: Head | None = None
        self.complete = False
        self.keep_alive = False
        self.size = 0
        self._bodiless = method == "HEAD"
        self._until_close = False
        self._pieces: list[bytes] = []
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._codings: list[bytes] = []
        self._barren = 0  # bytes since the last that belonged to the body
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Parse bytes, split anywhere.

        Raises:
            httpx2.RemoteProtocolError: it is not HTTP, or exceeds the limits.

        """
        if self._parser is None:  # bytes after a complete response
            self.keep_alive = False
            return
        self._barren += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refuse(error)
        if self._barren > MAX_HEAD and not self.complete:
            raise httpx2.RemoteProtocolError(f"More than {MAX_HEAD} bytes without a body.")
        if self.complete:
            self._parser = None  # breaks the reference cycle

    def end(self) -> None:
        """Handle the end of the connection.

        Raises:
            httpx2.RemoteProtocolError: the response is not complete.

        """
        if self.complete:
            return
        if self.head is None:
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
        if not self._until_close:
            raise httpx2.RemoteProtocolError(
                "Server disconnected without sending the complete message body."
            )
        self.complete = True
        self._parser = None

    def take(self) -> bytes:
        """Return the bytes of the body received since the last call."""
        pieces, self._pieces, self.size = self._pieces, [], 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def drop(self) -> None:
        """Release all buffers: the response is not read further."""
        self._parser = None
        self._pieces.clear()

    def _refuse(self, error: Exception) -> None:
        if self.complete:  # the error is in bytes after the response
            self.keep_alive = False
            return
        cause = error.__context__  # an error raised by a callback below
        if isinstance(cause, httpx2.RemoteProtocolError):
            raise cause
        raise httpx2.RemoteProtocolError(str(error)) from error

    # --- callbacks of the parser

    def on_message_begin(self) -> None:
        """Handle the start of a message; a second one is unexpected."""
        if self.complete:
            self.keep_alive = False

    def on_status(self, piece: bytes) -> None:
        """Add a piece of the reason phrase."""
        self._reason += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header; trailers are ignored."""
        if self.head is not None:
            return
        if len(self._headers) == MAX_HEADERS:
            raise httpx2.RemoteProtocolError(f"More than {MAX_HEADERS} headers.")
        if name.lower() == _CODING:
            self._codings.append(value)
        self._headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """Store the head; informational ones (1xx) precede the final one."""
        parser = self._parser
        if self.complete or parser is None:
            return
        version, status = parser.get_http_version(), parser.get_status_code()
        reason, headers, codings = self._reason, self._headers, self._codings
        self._reason, self._headers, self._codings = b"", [], []
        if version not in _VERSIONS or status < _INFORMATIONAL.start:
            # The parser accepts these, and a status of 99 even with a body.
            raise httpx2.RemoteProtocolError("An answer of another version, or without a status.")
        if status == _SWITCHING_PROTOCOLS:
            raise httpx2.RemoteProtocolError("The server switches protocols unasked.")
        if status in _INFORMATIONAL:
            return
        self.head = Head(version, status, reason, headers)
        self.keep_alive = parser.should_keep_alive()
        self._frame(self.head, codings)

    def _frame(self, head: Head, codings: list[bytes]) -> None:
        """Decide how the body ends (RFC 9112, 6.3)."""
        if self._bodiless or head.status in _BODILESS:
            self.complete = True
            if codings:  # the parser would read following chunks as a part of this response
                self.keep_alive = False
            return
        # The parser does not recognise "chunked" before a tab: only spaces are accepted.
        if codings and [coding.rstrip(b" ").lower() for coding in codings] != [b"chunked"]:
            raise httpx2.RemoteProtocolError("A transfer-encoding other than chunked.")
        names = {name.lower() for name, _ in head.headers}
        self._until_close = not codings and b"content-length" not in names

    def on_body(self, piece: bytes) -> None:
        """Add a piece of the body."""
        if self.complete:
            self.keep_alive = False
            return
        self._pieces.append(piece)
        self.size += len(piece)
        self._barren = 0

    def on_message_complete(self) -> None:
        """Handle the end of the body, by its length or last chunk."""
        if self.head is not None:
            self.complete = True

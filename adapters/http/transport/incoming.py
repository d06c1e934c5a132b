"""One response, as its bytes come in. Knows no sockets.

llhttp (httptools) reads the syntax. What ends a body is decided here, for the parser cannot be
told of a HEAD request, nor that the connection has ended.
"""

from dataclasses import dataclass

import httptools
import httpx2

MAX_HEAD = 100 * 1024  # bytes, as the stock transport has it; also for trailers
MAX_HEADERS = 256

_CODING = b"transfer-encoding"
_BODILESS = frozenset({204, 304})
_VERSIONS = frozenset({"1.0", "1.1"})
_INFORMATIONAL = range(100, 200)
_SWITCHING_PROTOCOLS = 101


@dataclass(frozen=True, slots=True)
class Head:
    """The start of a response. ``version`` is like ``1.1``, header names are as they were sent."""

    version: str
    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]


class Incoming:
    """A response to one request: feed it bytes, read its head, take its body.

    ``head`` is None until all of it has come; ``complete`` says that the body has; ``size`` is
    how many bytes can be taken. ``keep_alive`` says whether the connection can serve again.
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
        self._barren = 0  # bytes since the last that were of the body
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take in bytes, cut anywhere.

        Raises:
            httpx2.RemoteProtocolError: this is not HTTP, or more than the bounds allow.

        """
        if self._parser is None:  # the response is complete: nothing was asked for
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
            self._parser = None  # it holds on to this object

    def end(self) -> None:
        """Take in that the connection has ended.

        Raises:
            httpx2.RemoteProtocolError: the response had not.

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
        """Return what has come of the body since the last time."""
        pieces, self._pieces, self.size = self._pieces, [], 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def drop(self) -> None:
        """Let go of everything: nobody reads on."""
        self._parser = None
        self._pieces.clear()

    def _refuse(self, error: Exception) -> None:
        if self.complete:  # what came after the response is not its fault
            self.keep_alive = False
            return
        cause = error.__context__  # a callback's own error
        if isinstance(cause, httpx2.RemoteProtocolError):
            raise cause
        raise httpx2.RemoteProtocolError(str(error)) from error

    # What the parser calls, under the names it knows:

    def on_message_begin(self) -> None:
        """Note a message after the one that was asked for."""
        if self.complete:
            self.keep_alive = False

    def on_status(self, piece: bytes) -> None:
        """Take in the reason phrase, which may come in pieces."""
        self._reason += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header; trailers go unread."""
        if self.head is not None:
            return
        if len(self._headers) == MAX_HEADERS:
            raise httpx2.RemoteProtocolError(f"More than {MAX_HEADERS} headers.")
        if name.lower() == _CODING:
            self._codings.append(value)
        self._headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """Take in a head; those with a status of 1xx announce the one that counts."""
        parser = self._parser
        if self.complete or parser is None:
            return
        version, status = parser.get_http_version(), parser.get_status_code()
        reason, headers, codings = self._reason, self._headers, self._codings
        self._reason, self._headers, self._codings = b"", [], []
        if version not in _VERSIONS or status < _INFORMATIONAL.start:
            # The parser takes these for answers, a status of 99 even for one with a body.
            raise httpx2.RemoteProtocolError("An answer of another version, or without a status.")
        if status == _SWITCHING_PROTOCOLS:
            raise httpx2.RemoteProtocolError("The server switches protocols unasked.")
        if status in _INFORMATIONAL:
            return
        self.head = Head(version, status, reason, headers)
        self.keep_alive = parser.should_keep_alive()
        self._frame(self.head, codings)

    def _frame(self, head: Head, codings: list[bytes]) -> None:
        """Decide what ends the body."""
        if self._bodiless or head.status in _BODILESS:
            self.complete = True
            if codings:  # the parser would take chunks that follow for a part of this
                self.keep_alive = False
            return
        # The parser knows no chunks where a tab follows the word: with spaces alone both agree.
        if codings and [coding.rstrip(b" ").lower() for coding in codings] != [b"chunked"]:
            raise httpx2.RemoteProtocolError("A transfer-encoding other than chunked.")
        names = {name.lower() for name, _ in head.headers}
        self._until_close = not codings and b"content-length" not in names

    def on_body(self, piece: bytes) -> None:
        """Take in a piece of the body."""
        if self.complete:
            self.keep_alive = False
            return
        self._pieces.append(piece)
        self.size += len(piece)
        self._barren = 0

    def on_message_complete(self) -> None:
        """Take in the end of the body, where its own framing tells."""
        if self.head is not None:
            self.complete = True

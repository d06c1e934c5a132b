"""The port to the web outside: single HTTP requests to addresses that were let through."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A request, ready to be sent: ``url`` is absolute and percent-encoded, and goes out as it is.

    To print it shows none of the keys that it may hold.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return _header(self.headers, name)


@dataclass(frozen=True, slots=True)
class WebResponse:
    """A response, read to its end and decoded; ``url`` is where it came from in the end."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return _header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an exchange may take: ``seconds`` in all, ``bytes`` of the decoded answer."""

    seconds: float = 30.0
    bytes: int = 10_000_000
    redirects: int = 5


class HostCheck(Protocol):
    """Tells beforehand whether an address would be let through."""

    async def refusal(self, url: str) -> str:
        """Return why nothing is sent there, in a sentence; nothing if it is, or nobody knows."""
        ...


class Web(Protocol):
    """Sends requests, each address on the way checked before it is connected to."""

    async def send(self, request: WebRequest, limits: Limits) -> WebResponse:
        """Send a request, follow its redirects, and return the answer, whatever its status.

        Headers other than those that say what is accepted stay behind where a redirect leads
        to another origin.

        Raises:
            AddressRefused: the address, or one that a redirect leads to, is not open.
            WebTimeout: it took longer than the limits allow.
            WebError: there was no answer, or none that the limits allow.

        """
        ...


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)

"""The port to outbound HTTP: single requests, each address checked by the SSRF guard."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A request, ready to be sent: ``url`` is absolute and percent-encoded, and is sent unchanged.

    Its ``repr`` leaves out the parts that may hold keys.
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
    """A response, read to its end and decoded; ``url`` is that after all redirects."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return _header(self.headers, name)


@dataclass(frozen=True, slots=True)
class ExchangeLimits:
    """The limits of an exchange: ``seconds`` in all, ``bytes`` of the decoded body."""

    seconds: float = 30.0
    bytes: int = 10_000_000
    redirects: int = 5


class HostCheck(Protocol):
    """Tells beforehand whether the SSRF guard lets an address pass."""

    async def refusal(self, url: str) -> str:
        """Return why the address is refused, as a sentence; empty if it is not, or is not known."""
        ...


class Web(Protocol):
    """Sends HTTP requests; the SSRF guard checks each address before it is connected to."""

    async def send(self, request: WebRequest, limits: ExchangeLimits) -> WebResponse:
        """Send a request, follow its redirects, and return the answer, whatever its status.

        On a redirect to another origin only the ``Accept`` headers are sent along.

        Raises:
            AddressRefused: the address, or one that a redirect leads to, is not open.
            WebTimeout: it took longer than the limits allow.
            WebError: there was no answer, or none that the limits allow.

        """
        ...


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    lowered = name.lower()
    return next((value for key, value in headers if key.lower() == lowered), None)

"""Strict parsing of URLs, so that no two programs can read one differently.

Ambiguous URLs are refused, not repaired: a URL that means one host to the checker and another to
the connector would bypass the SSRF guard.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import idna

from domain.shared.errors import AddressRefused
from domain.web.open_hosts import Address

PORTS: Final = {"http": 80, "https": 443}
_UNFIT: Final = re.compile(r"[^\x21-\x7e]|[\\^`{|}<>\"]")  # spaces, controls, not ASCII
_URL: Final = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)"
)
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:@\[\]]*)(?::(?P<port>\d{0,5}))?")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")
_MAX_NAME: Final = 253
_MAX_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class UrlTarget:
    """The parts of a URL: ``host`` in lower-case ASCII, ``address`` if the host is one.

    ``path`` is as given, with the query. ``url`` is the normalized URL without the fragment.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None

    @property
    def url(self) -> str:
        """Return the whole URL."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        """Return host and port, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return scheme, host and port."""
        return self.scheme, self.host, self.port


def read_url(url: str) -> UrlTarget:
    """Read an absolute URL of http or https.

    Raises:
        AddressRefused: it is malformed or ambiguous. The message holds no secret.

    """
    parts = _URL.fullmatch(url)
    if parts is None:
        raise AddressRefused("The address is no absolute URL such as https://api.example/v1.")
    scheme = parts["scheme"].lower()
    if scheme not in PORTS:
        raise AddressRefused(f"The address must begin with http:// or https://, not {scheme}://.")
    if "@" in parts["authority"]:
        raise AddressRefused("The address names a user; credentials are set apart from it.")
    rest = parts["rest"].partition("#")[0]
    if _UNFIT.search(rest):
        raise AddressRefused("The address has characters that must be percent-encoded.")
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        raise AddressRefused("The address has no host that can be read.")
    host, address = _host(authority["host"])
    path = rest if rest.startswith("/") else f"/{rest}"
    return UrlTarget(scheme, host, _port(authority["port"], scheme), path, address)


def _port(digits: str | None, scheme: str) -> int:
    if not digits:
        return PORTS[scheme]
    if not digits.isascii() or not 0 < int(digits) <= _MAX_PORT:
        raise AddressRefused("The address has no port that there can be.")
    return int(digits)


def _host(text: str) -> tuple[str, Address | None]:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    name = _ascii(text)
    if _NUMBER.fullmatch(name.rpartition(".")[2]):  # programs read a numeric end as an IPv4 address
        return _ipv4(name)
    if len(name) > _MAX_NAME or not all(map(_LABEL.fullmatch, name.split("."))):
        raise AddressRefused("The address has no host that can be read.")
    return name, None


def _ascii(text: str) -> str:
    """Return a name in lower-case ASCII (IDNA), without a trailing dot."""
    try:
        name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError as error:
        raise AddressRefused("The address has no host that can be read.") from error
    return name.removesuffix(".")


def _ipv4(text: str) -> tuple[str, Address]:
    try:
        address = IPv4Address(text)
    except AddressValueError:
        message = "The address has a number for a host; write it as four, such as 192.0.2.1."
        raise AddressRefused(message) from None
    return str(address), address


def _ipv6(text: str) -> tuple[str, Address]:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise AddressRefused("The address has no host that can be read.") from None
    if address.scope_id is not None:
        raise AddressRefused("The address names an interface of this machine.")
    return str(address), address

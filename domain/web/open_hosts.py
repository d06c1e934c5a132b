"""The operator's allow-list of hosts outside of the public internet that may be called."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, Self

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_FORMS: Final = "such as intranet.example, *.intranet.example, 10.0.0.5:8080 or 10.1.0.0/16"
_MAX_PORT: Final = 65535

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class OpenHost:
    """One entry: a host name, a wildcard for host names, or a network; on one port or on all."""

    name: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """Read one entry.

        Raises:
            ValueError: it is none; the message says what is.

        """
        host, port = _split(text.strip().lower().rstrip("."))
        if (network := _network(host)) is not None:
            return cls(network=network, port=port)
        if _NAME.fullmatch(host) is None or host.rpartition(".")[2].isdigit():
            raise ValueError(f"each must be a host, perhaps with a port, or a network, {_FORMS}")
        return cls(name=host, port=port)

    def names(self, host: str, port: int) -> bool:
        """Tell whether the entry covers this host name and port."""
        if not self.name or self.port not in (None, port):
            return False
        if self.name.startswith("*."):
            return host.endswith(self.name[1:])
        return host == self.name

    def holds(self, address: Address, port: int) -> bool:
        """Tell whether the entry is a network that contains the address, on this port."""
        if self.network is None or self.port not in (None, port):
            return False
        return address.version == self.network.version and address in self.network


def read_open_hosts(texts: Iterable[str]) -> tuple[OpenHost, ...]:
    """Read a list of entries.

    Raises:
        ValueError: one is none; the message says what is.

    """
    return tuple(OpenHost.of(text) for text in texts if text.strip())


def _split(text: str) -> tuple[str, int | None]:
    """Split off a port, which an IPv6 address has only behind brackets."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        digits = rest.removeprefix(":")
        has_port = rest.startswith(":")
    elif text.count(":") == 1:
        host, _, digits = text.partition(":")
        has_port = True
    else:
        host, digits, has_port = text, "", False
    if not has_port:
        return host, None
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) <= _MAX_PORT):
        raise ValueError(f"a port must be a number from 1 to {_MAX_PORT}")
    return host, int(digits)


def _network(host: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(host, strict=False)
    except ValueError:
        return None

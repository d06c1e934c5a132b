"""The SSRF guard: decides which addresses may be connected to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, ip_address
from typing import Any, Final

from adapters.http.guard.networks import is_never_open_by_name, is_public
from adapters.http.guard.urls import UrlTarget, read_url
from adapters.http.transport.dialing import addresses_of
from domain.shared.errors import AddressRefused, WebError, WebTimeout
from domain.web.open_hosts import Address, OpenHost

SETTING: Final = "PUERTO_OPEN_HOSTS"
LOOK_UP_SECONDS: Final = 5.0

SocketAddresses = Sequence[tuple[int, Any]]  # families, and the argument of connect()
LookUp = Callable[[str, int], Awaitable[SocketAddresses]]


class SsrfGuard:
    """Allows the public internet, and the hosts of the operator's allow-list.

    `check` reads a URL; `addresses` resolves a name for each connection, and the connection goes to
    the addresses that it checked: DNS rebinding has no effect.
    """

    def __init__(
        self,
        open_hosts: Sequence[OpenHost] = (),
        *,
        look_up: LookUp = addresses_of,
        seconds: float = LOOK_UP_SECONDS,
    ) -> None:
        self._open = tuple(open_hosts)
        self._look_up = look_up
        self._seconds = seconds

    def check(self, url: str) -> UrlTarget:
        """Read a URL, and refuse it if its host is an address that is not allowed.

        Raises:
            AddressRefused: it is malformed, or not open.

        """
        target = read_url(url)
        if target.address is not None:
            self._check(target.address, target.host, target.port)
        return target

    async def addresses(self, host: str, port: int) -> SocketAddresses:
        """Resolve a host; return its addresses, if all of them are allowed.

        Raises:
            AddressRefused: one is not allowed.
            WebError: the host has no address.
            WebTimeout: the DNS lookup took too long.

        """
        if (literal := _literal(host)) is not None:
            self._check(literal, host, port)
            return [_socket_address(literal, port)]
        try:
            async with asyncio.timeout(self._seconds):
                resolved = await self._look_up(host, port)
        except TimeoutError as error:
            raise WebTimeout(f"The name {host!r} was not found in {self._seconds:g} s.") from error
        except (OSError, UnicodeError) as error:
            raise WebError(f"The host {host!r} is not known.") from error
        for _, where in resolved:
            self._check(ip_address(where[0].partition("%")[0]), host, port)
        return resolved

    def _check(self, address: Address, host: str, port: int) -> None:
        if is_public(address) or any(rule.holds(address, port) for rule in self._open):
            return
        if self._is_named(host, port) and not is_never_open_by_name(address):
            return
        raise _refused(host, port)

    def _is_named(self, host: str, port: int) -> bool:
        return any(rule.names(host, port) for rule in self._open)


def _refused(host: str, port: int) -> AddressRefused:
    # Without the address: a caller who is refused must not learn what a name resolves to.
    shown = f"[{host}]" if ":" in host else host
    return AddressRefused(
        f"The host {shown} (port {port}) is not on the public internet, and not open. An operator "
        f"opens it by adding {shown}:{port} to {SETTING}.",
        details={"host": host, "port": port, "setting": SETTING},
    )


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _socket_address(address: Address, port: int) -> tuple[int, Any]:
    if isinstance(address, IPv4Address):
        return socket.AF_INET, (str(address), port)
    return socket.AF_INET6, (str(address), port, 0, 0)

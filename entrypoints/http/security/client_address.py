"""The client's address: the peer's own, or what proxies say of it that the operator trusts."""

import logging
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from quart import current_app
from quart.wrappers.base import BaseRequestWebsocket

from entrypoints.wiring.services import services

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

_MOST_PROXIES: Final = 16
_TOLD: Final = "puerto.proxy_told"
_FOR: Final = re.compile(r'(?:^|[;,\s])for=("[^"]*"|[^;,\s]*)', re.IGNORECASE)
_IN_BRACKETS: Final = re.compile(r"\[([^\]]*)\](?::\d+)?")
_WITH_PORT: Final = re.compile(r"([\d.]+):\d+", re.ASCII)

_log = logging.getLogger("puerto.http")


def client_address(current: BaseRequestWebsocket) -> str:
    """Return the address of the client that sent a request or opened a socket."""
    peer = current.remote_addr or ""
    x_forwarded_for = current.headers.getlist("X-Forwarded-For")
    forwarded = current.headers.getlist("Forwarded")
    if not x_forwarded_for and not forwarded:
        return peer
    trusted = services().settings.trusted_proxies
    _warn_of_proxy(peer, trusted)
    return address_behind(peer, x_forwarded_for, forwarded, trusted)


def _warn_of_proxy(peer: str, trusted: Networks) -> None:
    """Log, once, that what seems to be a proxy is not trusted: its clients share their limits.

    Only of addresses that are not public, since anybody can send the headers.
    """
    address = _parsed(peer)
    is_known = address is None or address.is_global or _is_in(address, trusted)
    if is_known or _TOLD in current_app.extensions:
        return
    current_app.extensions[_TOLD] = peer
    _log.warning(
        "%s says for whom it asks, but is not in TRUSTED_PROXIES: all its clients share the limits "
        "of one address",
        peer,
    )


def address_behind(
    peer: str, x_forwarded_for: Sequence[str], forwarded: Sequence[str], trusted: Networks
) -> str:
    """Return the last address that no trusted proxy has, walking from the peer to the client.

    A proxy appends whom it was asked by to ``X-Forwarded-For``, or to ``Forwarded`` (RFC 7239), and
    passes on the other header as it came. So where both are there and disagree, one of them may be
    the client's own, and neither is believed.
    """
    hops = [entry.strip() for line in x_forwarded_for for entry in line.split(",")]
    others = [entry.strip('"') for line in forwarded for entry in _FOR.findall(line)]
    found = {_walk(peer, each, trusted) for each in (hops, others) if each}
    return found.pop() if len(found) == 1 else peer


def _walk(peer: str, hops: Sequence[str], trusted: Networks) -> str:
    """Return the first address from the right that is not trusted, or the last before nonsense."""
    current = peer
    for hop in reversed(hops[-_MOST_PROXIES:]):
        address = _parsed(current)
        before = _parsed(hop)
        if address is None or before is None or not _is_in(address, trusted):
            break
        current = str(before)
    return current


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)  # False for another version of IP


def _parsed(text: str) -> Address | None:
    """Return an address, which may have a port, or brackets (IPv6); None for anything else."""
    match = _IN_BRACKETS.fullmatch(text) or _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((match[1] if match else text).partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address

"""The IP networks of the SSRF guard: the public internet, and those never opened by name."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from domain.web.open_hosts import Address

_NAT64: Final = IPv6Network("64:ff9b::/96")  # the public IPv4 internet behind IPv6 (RFC 6052)
_UNICAST: Final = IPv6Network("2000::/3")  # all that is assigned as global (RFC 4291)
_NOT_PUBLIC: Final = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # carriers' own (RFC 6598); Alibaba's metadata is in it
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.0.0.0/24"),  # protocols (RFC 6890); Oracle's metadata is in it
    IPv4Network("192.0.2.0/24"),
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("192.168.0.0/16"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("198.51.100.0/24"),
    IPv4Network("203.0.113.0/24"),
    IPv4Network("224.0.0.0/3"),  # multicast, reserved, broadcast
    IPv4Network("168.63.129.16/32"),  # Azure's platform address, reachable from its machines
)
_NOT_PUBLIC_6: Final = (
    IPv6Network("2001::/23"),  # protocols (RFC 2928), Teredo among them: an IPv4 address inside
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),  # 6to4: an IPv4 address inside
    IPv6Network("3fff::/20"),
)
_NEVER_BY_NAME: Final = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("100.100.100.200/32"),
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.0.0.192/32"),
    IPv4Network("224.0.0.0/3"),
    IPv6Network("::/128"),
    IPv6Network("fe80::/10"),
    IPv6Network("fd00:ec2::/32"),
    IPv6Network("fd20:ce::/32"),
    IPv6Network("ff00::/8"),
)
"""Metadata services and non-unicast networks: allowed only where the address itself is listed."""


def is_public(address: Address) -> bool:
    """Tell whether an address is on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    if address in _NAT64:
        return is_public(_last_four(address))
    return address in _UNICAST and not any(address in network for network in _NOT_PUBLIC_6)


def is_never_open_by_name(address: Address) -> bool:
    """Tell whether the address is refused even if the allow-list contains the host's name."""
    plain = _plain(address)
    return any(plain.version == net.version and plain in net for net in _NEVER_BY_NAME)


def _plain(address: Address) -> Address:
    """Return the IPv4 address embedded in an IPv6 one (mapped, 6to4, NAT64), else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    return _last_four(address) if address in _NAT64 else address


def _last_four(address: IPv6Address) -> IPv4Address:
    return IPv4Address(address.packed[-4:])

"""The programs that people log in with: enough of them to tell one session from another."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

_NAME_LENGTH: Final = 200
_SHOWN_BITS: Final = {4: 24, 6: 48}  # of an address, by its version: the network of a place


@dataclass(frozen=True, slots=True)
class LoginClient:
    """The ``User-Agent`` of a login, cut, and the network that it came from; empty: not known."""

    user_agent: str = ""
    network: str = ""


UNKNOWN_CLIENT: Final = LoginClient()


def client_of(user_agent: str, address: str) -> LoginClient:
    """Return what is kept of a client: no whole address, which would say where a person is."""
    return LoginClient(user_agent[:_NAME_LENGTH], _network_of(address))


def _network_of(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((found, _SHOWN_BITS[found.version]), strict=False))

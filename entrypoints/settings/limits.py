"""Settings of rate limits, and of the proxies that say whose requests are limited."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings

from entrypoints.settings.values import split_list

_MOST: Final = 60_000_000  # one in a microsecond


def read_network(text: str) -> IPv4Network | IPv6Network:
    """Parse a network, or an address, which is a network of one."""
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(
            "must list addresses or networks, such as 10.0.0.5 or 10.0.0.0/8, with no bits set "
            "beyond the network's"
        ) from None
    if network.prefixlen == 0:
        raise ValueError("must not name every address, since everybody could claim any then")
    return network


class LimitSettings(BaseSettings):
    """Settings of rate limits, which hold for all workers together."""

    rate_limit_per_minute: int = Field(
        60,
        ge=0,
        le=_MOST,
        validation_alias="RATE_LIMIT_PER_MINUTE",
        description="Requests a minute, and messages over WebSockets, of each API key, each user, "
        "and each address or IPv6 network where nobody is logged in. `0`: no limit.",
    )
    login_limit_per_minute: int = Field(
        10,
        ge=0,
        le=_MOST,
        validation_alias="PUERTO_LOGIN_LIMIT_PER_MINUTE",
        description="Logins a minute from each address, and as many at each account; the same for "
        "registrations, and for changes of a password. `0`: no limit.",
    )
    trusted_proxies: Annotated[
        tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(read_network)], ...],
        BeforeValidator(split_list),
    ] = Field(
        (),
        validation_alias="TRUSTED_PROXIES",
        description="Addresses or networks of the proxies in front, separated by commas, such as "
        "`10.0.0.0/8`: what these say of a client's address (`X-Forwarded-For`, `Forwarded`) is "
        "believed. Not set: none.",
    )

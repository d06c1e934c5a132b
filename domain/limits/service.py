"""Rate limits: which bucket a request or an attempt is taken from."""

from enum import StrEnum
from hashlib import sha256
from ipaddress import ip_address
from typing import Final

from domain.limits.policy import LimitPolicy, LimitReached, LimitVerdict
from domain.limits.ports import Buckets
from domain.shared.errors import StoreUnavailable

_DEFAULT: Final = "default"
_IPV6_NETWORK: Final = 64  # bits that one host's addresses have in common


class Attempt(StrEnum):
    """What is limited by itself, since it can be used to guess a password or to fill a table."""

    LOGIN = "login"
    REGISTER = "register"
    PASSWORD = "password"


class RateLimits:
    """Limits requests, and attempts at an account; a limit of 0 a minute is none."""

    def __init__(self, buckets: Buckets, *, per_minute: int, attempts_per_minute: int) -> None:
        self._buckets = buckets
        self._requests = LimitPolicy(_DEFAULT, per_minute)
        self._attempts = {each: LimitPolicy(each, attempts_per_minute) for each in Attempt}

    async def request(
        self, *, address: str, user_id: str | None = None, key: str | None = None
    ) -> LimitVerdict | None:
        """Count a request, or a message over a socket; None where nothing limits it.

        An API key has a bucket of its own, else the user has, else the client's address. While the
        buckets cannot be written, requests pass: a database that is away refuses them by itself,
        and one whose disk is full can still be read.

        Raises:
            LimitReached: there were too many.

        """
        if key is not None:
            owner = f"key {key}"
        elif user_id is not None:
            owner = f"user {user_id}"
        else:
            owner = _of_address(address)
        try:
            return await self._take(owner, self._requests)
        except StoreUnavailable:
            return None

    async def attempt_from(self, attempt: Attempt, address: str) -> None:
        """Count an attempt by the client's address.

        Raises:
            LimitReached: there were too many.
            Unavailable: the database does not answer: nobody guesses uncounted.

        """
        await self._take(_of_address(address), self._attempts[attempt])

    async def attempt_at(self, attempt: Attempt, account: str) -> None:
        """Count an attempt at an account, from whatever address; ``account`` names it.

        Raises:
            LimitReached: there were too many.
            Unavailable: the database does not answer: nobody guesses uncounted.

        """
        await self._take(f"account {account}", self._attempts[attempt])

    async def _take(self, owner: str, policy: LimitPolicy) -> LimitVerdict | None:
        if not policy.quota:
            return None
        # Hashed: no row names an address or a user, or what was typed into the field of the name.
        digest = sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()
        verdict = await self._buckets.take(f"{policy.name} {digest}", policy)
        if not verdict.is_allowed:
            raise LimitReached(verdict)
        return verdict


def _of_address(address: str) -> str:
    return f"address {network_of(address)}"


def network_of(address: str) -> str:
    """Return an IPv4 address, or the /64 network of an IPv6 address, which is one host's.

    What is no IP address, such as the name of a Unix socket, is returned as it is.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004  IP's own number
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    shift = 128 - _IPV6_NETWORK
    return f"{type(parsed)(int(parsed) >> shift << shift)}/{_IPV6_NETWORK}"

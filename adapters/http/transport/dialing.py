"""Opening a connection: DNS lookup, Happy Eyeballs, TLS.

Addresses are tried as in RFC 8305 ("Happy Eyeballs"), which uvloop does not do: a broken IPv6 route
costs a quarter of a second, not the whole timeout.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx2

_STAGGER = 0.25  # seconds until the next address is tried in parallel

Address = tuple[int, Any]  # the family, and the argument of connect()

LookUp = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Resolves a host and port to the addresses to connect to."""


async def dial(
    protocol: asyncio.Protocol,
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    tls_name: str | None,
    timeout: float | None,
    *,
    look_up: LookUp,
) -> None:
    """Connect ``protocol``, with TLS if there is a context, within ``timeout`` seconds in all.

    Raises:
        httpx2.ConnectTimeout: it took longer.
        httpx2.ConnectError: the name is unknown, the server refuses, or TLS fails.

    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout):
            sock = await first_to_answer(await look_up(host, port))
            await loop.create_connection(
                lambda: protocol, sock=sock, ssl=context, server_hostname=tls_name
            )
    except TimeoutError as error:
        raise httpx2.ConnectTimeout(str(error) or f"Not within {timeout} seconds.") from error
    except (OSError, UnicodeError) as error:  # ssl.SSLError and socket.gaierror are OSErrors
        raise httpx2.ConnectError(str(error)) from error


async def addresses_of(host: str, port: int) -> Sequence[Address]:
    """Resolve a name; return its addresses with IPv6 and IPv4 alternating.

    Raises:
        OSError: it has no address.

    """
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    turns: Counter[int] = Counter()
    ordered = []
    for family, _, _, _, address in infos:
        ordered.append((turns[family], (family, address)))
        turns[family] += 1
    return [address for _, address in sorted(ordered, key=lambda pair: pair[0])]


async def first_to_answer(addresses: Sequence[Address]) -> socket.socket:
    """Return a socket connected to the first of the addresses that answers.

    Raises:
        OSError: none did.

    """
    untried, winner = list(addresses), None
    attempts: set[asyncio.Task[socket.socket]] = set()
    running: set[asyncio.Task[socket.socket]] = set()
    error: BaseException | None = None
    try:
        while untried or running:
            if untried:
                attempts.add(attempt := asyncio.create_task(_attempt(*untried.pop(0))))
                running.add(attempt)
            done, running = await asyncio.wait(
                running,
                timeout=_STAGGER if untried else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for attempt in done:
                error = attempt.exception()
                if error is None:
                    winner = attempt
                    return attempt.result()
        raise error or OSError("The name has no address.")
    finally:
        for attempt in attempts - {winner}:
            attempt.cancel()
            attempt.add_done_callback(_discard)


async def _attempt(family: int, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)  # noqa: FBT003 - its only form
        _keep_alive(sock)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _keep_alive(sock: socket.socket) -> None:
    """Turn on TCP keep-alive, which detects a vanished server, as Anthropic's SDK does."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5)):
        if (option := getattr(socket, name, None)) is not None:  # not on every system
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def _discard(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()

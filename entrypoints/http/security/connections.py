"""Connection limits: admission of new connections, and eviction of idle anonymous ones.

Anybody can open a connection and hold it with hardly a byte. So a connection without credentials so
far is *anonymous*: while it is idle it can be evicted for a new one, the oldest first, and it ends
after a timeout. Connections of one address evict each other first, except those of the last two
seconds, since many may come at once. Where none can be evicted, a few reserved connections are
admitted for health probes alone.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from itertools import takewhile
from math import inf
from typing import Any, Final

from domain.limits.service import network_of

RESERVED: Final = 32  # connections beyond the limit, for probes
YOUNG_SECONDS: Final = 2.0  # in which a new connection is not evicted for its address
SPARE_FILES: Final = 64  # open files that connections must leave free
_CONNECTIONS_SHARE: Final = (
    0.75  # of the limit of open files: runs have connections to providers, too
)
_NEAR: Final = 0.8
_WARNING_SECONDS: Final = 60.0
_STATE: Final = "puerto.connection"

_log = logging.getLogger("puerto.connections")


class Admission(Enum):
    """The admission of a new connection: for all requests, for health probes, or refused."""

    OPEN = auto()
    PROBES = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of one process.

    ``per_address`` counts anonymous connections only: behind a proxy all users have one address.
    ``seconds`` is how long a connection may be anonymous.
    """

    total: int
    per_address: int
    seconds: float
    open_files: int

    def fitting(self) -> "ConnectionLimits":
        """Return the limits reduced to the connections that the open files allow."""
        total = min(self.total, int(self.open_files * _CONNECTIONS_SHARE))
        return ConnectionLimits(total, self.per_address, self.seconds, self.open_files)


class ClientConnection:
    """One open connection, of HTTP or WebSocket.

    ``is_idle`` returns whether the service waits for the client, and ``retire`` closes the
    connection as soon as no request is in progress.
    """

    def __init__(
        self,
        connections: "Connections",
        transport: asyncio.Transport,
        is_idle: Callable[[], bool],
        retire: Callable[[], None],
    ) -> None:
        self._connections = connections
        self._transport = transport
        self._timer: asyncio.TimerHandle | None = None
        self.opened_at = 0.0
        self.is_idle = is_idle
        self.retire = retire
        self.address: Final = _network(transport.get_extra_info("peername"))
        self.file_number: Final = _file_number(transport)

    def authenticated(self) -> None:
        """Record that valid credentials came over the connection."""
        self._stop_timer()
        self._connections.know(self)

    def closed(self) -> None:
        """Record that the connection is closed. Calling it twice is fine."""
        self._stop_timer()
        self._connections.forget(self)

    def abort(self) -> None:
        """Close the connection at once."""
        self.closed()
        self._transport.abort()

    def expire_in(self, seconds: float) -> None:
        """Retire the connection after that time, and abort it after the same time again."""
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expire, seconds)

    def _expire(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)
        self.retire()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


Anonymous = dict[ClientConnection, None]  # an ordered set: the oldest first


class Connections:
    """All open connections of a process."""

    def __init__(
        self, limits: ConnectionLimits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits: Final = limits
        self._clock = clock
        self._open: set[ClientConnection] = set()
        self._anonymous: Anonymous = {}
        self._by_address: dict[str, Anonymous] = {}
        self._reserved: Anonymous = {}
        self._warned: dict[str, float] = {}

    def admit(self, connection: ClientConnection) -> Admission:
        """Admit a new connection if there is room, or another one can be evicted for it."""
        limits = self.limits
        self._thin_out(connection)
        has_room = len(self._open) < limits.total or _evict(self._anonymous)
        if has_room and connection.file_number < limits.open_files - SPARE_FILES:
            self._enter(connection)
            return Admission.OPEN
        self._warn("no connection is free: new ones are only let in for health probes")
        if len(self._reserved) < RESERVED or _evict(self._reserved):
            self._reserved[connection] = None
            connection.expire_in(limits.seconds)
            return Admission.PROBES
        return Admission.REFUSED

    def _thin_out(self, connection: ClientConnection) -> None:
        """Evict the oldest surplus connections of its address, except very new ones."""
        neighbours = self._by_address.get(connection.address, {})
        if len(neighbours) < self.limits.per_address:
            return
        self._warn(
            "one address has as many connections without credentials as it may: the oldest make "
            "room for its next",
            f"{connection.address}, ",
        )
        latest = self._clock() - YOUNG_SECONDS
        while len(neighbours) >= self.limits.per_address and _evict(neighbours, latest):
            pass

    def know(self, connection: ClientConnection) -> None:
        """Count a connection as authenticated: it is no longer evicted."""
        self._anonymous.pop(connection, None)
        if (neighbours := self._by_address.get(connection.address)) is not None:
            neighbours.pop(connection, None)
            if not neighbours:
                del self._by_address[connection.address]

    def forget(self, connection: ClientConnection) -> None:
        """Remove a closed connection."""
        self.know(connection)
        self._open.discard(connection)
        self._reserved.pop(connection, None)

    def _enter(self, connection: ClientConnection) -> None:
        connection.opened_at = self._clock()
        self._open.add(connection)
        self._anonymous[connection] = None
        self._by_address.setdefault(connection.address, {})[connection] = None
        connection.expire_in(self.limits.seconds)
        if len(self._open) > self.limits.total * _NEAR:
            self._warn("open connections are near their bound")
        elif connection.file_number > self.limits.open_files * _NEAR:
            self._warn("open files are near their limit")

    def _warn(self, what: str, whose: str = "") -> None:
        """Log a warning with the numbers of connections and files, each at most once a minute."""
        now = self._clock()
        if now - self._warned.get(what, -_WARNING_SECONDS) < _WARNING_SECONDS:
            return
        self._warned[what] = now
        _log.warning(
            "%s (%sopen: %d of %d, without credentials: %d; open files: at most %d)",
            what,
            whose,
            len(self._open),
            self.limits.total,
            len(self._anonymous),
            self.limits.open_files,
        )


def note_authenticated(scope: Mapping[str, Any]) -> None:
    """Record that valid credentials came over the connection of this ASGI scope."""
    connection = (scope.get("state") or {}).get(_STATE)
    if isinstance(connection, ClientConnection):
        connection.authenticated()


def state_of(connection: ClientConnection) -> dict[str, Any]:
    """Return the entries of the ASGI scope's ``state`` that `note_authenticated` needs."""
    return {_STATE: connection}


def _evict(connections: Iterable[ClientConnection], latest: float = inf) -> bool:
    """Close the oldest idle connection that was opened by the time ``latest``.

    Returns whether there was one.
    """
    old = takewhile(lambda each: each.opened_at <= latest, connections)
    idle = next((each for each in old if each.is_idle()), None)
    if idle is not None:
        idle.abort()
    return idle is not None


def _network(peer: Any) -> str:
    """Return the client's IPv4 address, or the /64 network of its IPv6 address."""
    if not isinstance(peer, tuple) or not peer:
        return ""  # a Unix socket
    return network_of(str(peer[0]))


def _file_number(transport: asyncio.Transport) -> int:
    """Return the connection's file descriptor: at least so many files are open."""
    connected = transport.get_extra_info("socket")
    return connected.fileno() if connected is not None else 0

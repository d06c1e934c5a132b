"""Host header check against DNS rebinding: only names in ``PUERTO_ALLOWED_HOSTS`` are answered.

With DNS rebinding a web page points a host name of its own to this server's address, and so passes
the browser's same-origin policy.
"""

from collections.abc import Collection, Sequence
from typing import Final

from quart import request, websocket

from domain.shared.errors import InvalidRequest
from entrypoints.wiring.services import services

# Health checks come to an address, whatever the names are, and learn nothing but a word.
_FOR_ANY_HOST: Final = frozenset({"/health", "/api/live", "/api/ready"})


def is_allowed(host: str, allowed: Collection[str]) -> bool:
    """Return whether a Host header is in the allow-list; a name without a port allows every port.

    An empty list allows everything.
    """
    host = host.lower()
    name, colon, port = host.rpartition(":")
    without_port = name if colon and port.isdigit() else host
    return not allowed or host in allowed or without_port in allowed


async def check_host() -> None:
    """Refuse a request without exactly one allowed Host header (RFC 9112, 3.2).

    Of several, a proxy in between might use another than this server. HTTP/1.0 may omit it. Health
    checks may name any.

    Raises:
        InvalidRequest: the header is missing, repeated or not allowed.

    """
    allowed = () if request.path in _FOR_ANY_HOST else services().settings.allowed_hosts
    _check(request.headers.getlist("Host"), allowed, may_be_missing=request.http_version == "1.0")


async def check_socket_host() -> None:
    """Refuse a WebSocket handshake without exactly one allowed Host header.

    Raises:
        InvalidRequest: the header is missing, repeated or not allowed.

    """
    _check(websocket.headers.getlist("Host"), services().settings.allowed_hosts)


def _check(hosts: Sequence[str], allowed: Collection[str], *, may_be_missing: bool = False) -> None:
    host = hosts[0] if hosts else ""
    if len(hosts) > 1 or not (host or may_be_missing):
        raise InvalidRequest("Send one Host header with the name of this server.")
    if not is_allowed(host, allowed):
        raise InvalidRequest("This server does not answer to that Host. See PUERTO_ALLOWED_HOSTS.")

"""Host header check against DNS rebinding: only names in ``PUERTO_ALLOWED_HOSTS`` are answered.

With DNS rebinding a web page points a host name of its own to this server's address, and so passes
the browser's same-origin policy.
"""

from collections.abc import Collection, Sequence

from quart import request, websocket

from domain.shared.errors import InvalidRequest
from entrypoints.wiring.services import services


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

    Of several, a proxy in between might use another than this server. HTTP/1.0 may omit it.

    Raises:
        InvalidRequest: the header is missing, repeated or not allowed.

    """
    _check(request.headers.getlist("Host"), may_be_missing=request.http_version == "1.0")


async def check_socket_host() -> None:
    """Refuse a WebSocket handshake without exactly one allowed Host header.

    Raises:
        InvalidRequest: the header is missing, repeated or not allowed.

    """
    _check(websocket.headers.getlist("Host"))


def _check(hosts: Sequence[str], *, may_be_missing: bool = False) -> None:
    host = hosts[0] if hosts else ""
    if len(hosts) > 1 or not (host or may_be_missing):
        raise InvalidRequest("Send one Host header with the name of this server.")
    if not is_allowed(host, services().settings.allowed_hosts):
        raise InvalidRequest("This server does not answer to that Host. See PUERTO_ALLOWED_HOSTS.")

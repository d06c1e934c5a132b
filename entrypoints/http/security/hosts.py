"""Which names of this server are answered to, against pages that point a name of theirs at us."""

from collections.abc import Collection, Sequence

from quart import request, websocket

from domain.shared.errors import InvalidRequest
from entrypoints.wiring.services import services


def is_allowed(host: str, allowed: Collection[str]) -> bool:
    """Tell whether a Host header is in the list; a name without a port allows every port."""
    host = host.lower()
    name, colon, port = host.rpartition(":")
    without_port = name if colon and port.isdigit() else host
    return not allowed or host in allowed or without_port in allowed


async def check_host() -> None:
    """Refuse a request that names no server, or several, or one that is not ours.

    RFC 9112, 3.2: what stands between might take another of the names than we do.
    """
    _check(request.headers.getlist("Host"), may_be_missing=request.http_version == "1.0")


async def check_socket_host() -> None:
    """Refuse a WebSocket handshake to a name that is not ours."""
    _check(websocket.headers.getlist("Host"))


def _check(hosts: Sequence[str], *, may_be_missing: bool = False) -> None:
    host = hosts[0] if hosts else ""
    if len(hosts) > 1 or not (host or may_be_missing):
        raise InvalidRequest("Send one Host header with the name of this server.")
    if not is_allowed(host, services().settings.allowed_hosts):
        raise InvalidRequest("This server does not answer to that Host. See PUERTO_ALLOWED_HOSTS.")

"""Which names of this server are answered to, against pages that point a name of theirs at us."""

from collections.abc import Collection

from quart import request, websocket

from domain.errors import InvalidRequest
from entrypoints.services import services


def is_allowed(host: str, allowed: Collection[str]) -> bool:
    """Tell whether a Host header is in the list; a name without a port allows every port."""
    host = host.lower()
    name, colon, port = host.rpartition(":")
    without_port = name if colon and port.isdigit() else host
    return not allowed or host in allowed or without_port in allowed


async def check_host() -> None:
    """Refuse a request to a name that is not ours."""
    _check(request.headers.get("Host", ""))


async def check_socket_host() -> None:
    """Refuse a WebSocket handshake to a name that is not ours."""
    _check(websocket.headers.get("Host", ""))


def _check(host: str) -> None:
    if not is_allowed(host, services().settings.allowed_hosts):
        raise InvalidRequest("This server does not answer to that Host. See PUERTO_ALLOWED_HOSTS.")

"""The listening socket, bound before anything else starts."""

import os
import socket
from typing import Final

from domain.shared.errors import Unavailable

_BACKLOG: Final = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one.

    Raises:
        Unavailable: the port is in use, or the address is not one of this machine.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise Unavailable(f"Cannot listen on {_host_and_port(host, port)}: {reason}.") from error


def address(listener: socket.socket) -> str:
    """Return the address of the socket as the beginning of a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://{_host_and_port(host, port)}"


def _host_and_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

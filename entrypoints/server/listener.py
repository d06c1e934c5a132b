"""The socket that the service listens on: bound before anything else starts."""

import os
import socket
from typing import Final

from domain.shared.errors import Unavailable

_BACKLOG: Final = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one.

    Raises:
        Unavailable: the port is taken, or the address is not this machine's.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise Unavailable(f"Cannot listen on {_place(host, port)}: {reason}.") from error


def address(listener: socket.socket) -> str:
    """Return where the socket listens, as the beginning of a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://{_place(host, port)}"


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

"""Network block: in this process every attempt to use the network fails and is recorded."""

import socket
import sys
import traceback
from collections.abc import Sequence
from typing import Any, Final

_WATCHED: Final = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "socket.sendmsg",
}


Attempts = Sequence[traceback.StackSummary]
"""The recorded attempts, as stacks with the innermost frame last."""


def close_network() -> Attempts:
    """Block the network for the rest of this process; each attempt is appended to the result."""
    attempts: list[traceback.StackSummary] = []

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _WATCHED or _is_local(arguments[0]):
            return
        attempts.append(traceback.extract_stack(sys._getframe(1)))  # noqa: SLF001  the caller's
        raise OSError("there is no network while a plugin is checked")

    sys.addaudithook(audit)
    return attempts


def _is_local(target: object) -> bool:
    return isinstance(target, socket.socket) and target.family == getattr(socket, "AF_UNIX", None)

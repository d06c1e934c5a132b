"""A process without a network: whatever tries to reach it fails, and is noted."""

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
"""Who tried to reach the network, as stacks, innermost frame last."""


def close_network() -> Attempts:
    """Close the network for this process, for good; what is returned grows with each attempt."""
    attempts: list[traceback.StackSummary] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _WATCHED or _is_local(arguments[0]):
            return
        attempts.append(traceback.extract_stack(sys._getframe(1)))  # noqa: SLF001  who it is
        raise OSError("there is no network while a plugin is checked")

    sys.addaudithook(hear)
    return attempts


def _is_local(what: object) -> bool:
    return isinstance(what, socket.socket) and what.family == getattr(socket, "AF_UNIX", None)

"""A process without a network: whatever tries to reach it fails, and is noted."""

import socket
import sys
import traceback
from typing import Any, Final

_WATCHED: Final = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "socket.sendmsg",
}


class Seal:
    """Closes the network for this process, for good. ``attempts`` are the stacks of who tried."""

    def __init__(self) -> None:
        self.attempts: list[traceback.StackSummary] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _WATCHED or _is_local(arguments[0]):
            return
        self.attempts.append(traceback.extract_stack(sys._getframe(1)))  # noqa: SLF001  who it is
        raise OSError("there is no network while a plugin is checked")


def _is_local(what: object) -> bool:
    return isinstance(what, socket.socket) and what.family == getattr(socket, "AF_UNIX", None)

"""Ports for programs that cannot choose a free one by themselves."""

import socket
import subprocess
import time
from contextlib import suppress

PATIENCE = 60.0


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def await_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when a program listens on its port."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args!r} ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError

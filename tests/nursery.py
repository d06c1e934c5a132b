"""Processes of Puerto that need not import Puerto first, which takes most of a second each.

A nursery is a process that has imported what ``puerto serve`` needs and from then on only forks.
Each child begins where the imports end and goes in by the front door, with arguments, folder and
environment of its own: a process as any other, which can be stopped and killed. One thing differs
from what people run: a password costs little.
"""

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

from argon2.profiles import CHEAPEST

from adapters.security.passwords import HASHES_AT_ONCE, ArgonPasswords
from puerto.__main__ import main as enter

ROOT: Final = Path(__file__).parent.parent
IMPORTED: Final = (
    "entrypoints.cli",
    "entrypoints.listener",
    "entrypoints.logs",
    "entrypoints.server",
    "plugins.basics",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "uvloop",
)


class Child:
    """``puerto`` with these arguments; what it writes, on stdout and stderr, is its ``output``."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._line, theirs = socket.socketpair()
        read, written = os.pipe()
        socket.send_fds(_nursery(), [b"!"], [theirs.fileno(), written])
        theirs.close()
        os.close(written)
        self.output = os.fdopen(read, encoding="utf-8", errors="replace")
        order = (arguments, str(folder), dict(environment))
        self._line.sendall(json.dumps(order).encode() + b"\n")
        self._told = self._line.makefile()
        self.pid = int(self._told.readline())
        self.status: int | None = None

    def wait(self, seconds: float) -> int:
        """Return the exit status, which is that of `subprocess.Popen`. Raises TimeoutError."""
        if self.status is None:
            self._line.settimeout(seconds)
            self.status = int(self._told.readline())
            self._told.close()
            self._line.close()
        return self.status


class Apart(Child):
    """The same in a process that begins at its very beginning: for what must be there by then."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "puerto", *arguments],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        assert self._process.stdout is not None
        self.output = self._process.stdout  # type: ignore[assignment]
        self.pid = self._process.pid
        self.status = None

    def wait(self, seconds: float) -> int:
        """Return the exit status. Raises TimeoutError."""
        try:
            self.status = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error
        return self.status


@cache
def _nursery() -> socket.socket:
    """Start the nursery of this process; return the line over which it is told to fork."""
    line, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        stdin=theirs.fileno(),
        start_new_session=True,
    )
    theirs.close()

    def end() -> None:
        line.close()
        process.wait()

    atexit.register(end)
    return line


def main() -> None:
    """Fork for each order, until the line is closed."""
    for module in IMPORTED:
        import_module(module)
    ArgonPasswords.__init__.__defaults__ = (CHEAPEST, HASHES_AT_ONCE)
    gc.collect()
    gc.freeze()  # no child looks through it again, nor copies it for that
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(fileno=os.dup(0)) as orders:
        while (given := socket.recv_fds(orders, 1, 2))[0]:
            line, output = given[1]
            if os.fork() == 0:
                orders.close()
                return _watch(line, output)
            os.close(line)
            os.close(output)
    return None


def _reap(number: int, frame: object) -> None:
    """Take leave of the watchers that have ended; what they used is counted as ours."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _watch(line: int, output: int) -> None:
    """Fork the child; tell its id, and in the end its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=line) as told, told.makefile("rw") as talk:
        arguments, folder, environment = json.loads(talk.readline())
        if (pid := os.fork()) != 0:
            os.close(output)
            print(pid, file=talk, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=talk, flush=True)
            return
    _become(arguments, folder, environment, output)


def _become(
    arguments: Sequence[str], folder: str, environment: Mapping[str, str], output: int
) -> None:
    """Go on as ``python -m puerto`` would that was started so."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.close(output)
    # What these were made over may have been a file: a pipe has no place to go on from.
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.argv = ["puerto", *arguments]
    enter()


if __name__ == "__main__":
    main()

"""Processes of Puerto that need not import Puerto first, which takes most of a second each.

A nursery is a process that has imported what ``puerto serve`` needs and from then on only forks.
Each child begins where the imports end and goes in by the front door, with arguments, folder,
environment and streams of its own: a process as any other, which can be stopped and killed. Two
things differ from what people run: a password costs little, and in the end the process does not
take apart all that was imported, which takes half a tenth of a second.
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

ROOT: Final = Path(__file__).parents[2]
IMPORTED: Final = (
    "adapters.http.transport.problems",
    "adapters.llm.anthropic.schema_rules",
    "adapters.llm.google.schema_rules",
    "adapters.llm.openai.schema_rules",
    "entrypoints.cli",
    "entrypoints.server.listener",
    "entrypoints.server.logs",
    "entrypoints.server.main_loop",
    "entrypoints.server.server",
    "httpcore2",
    "plugins.builtin.basics",
    "truststore",
    "uvicorn.lifespan.off",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)
_NURSERY: Final = "NURSERY"  # the variable that tells a stand-in the descriptor of the line


class Child:
    """``puerto`` with these arguments.

    It reads what is written to ``input``, and what it writes is its ``output``; what it writes on
    stderr goes there too, or into the file ``errors``.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        errors: IO[bytes] | None = None,
    ) -> None:
        read, fed = os.pipe()
        heard, written = os.pipe()
        self.input = os.fdopen(fed, "w", encoding="utf-8")
        self.output = os.fdopen(heard, encoding="utf-8", errors="replace")
        streams = (read, written, written if errors is None else errors.fileno())
        self._process = self._begin(arguments, folder, environment, streams)
        os.close(read)
        os.close(written)
        self.pid = self._process.pid
        self.status: int | None = None

    def _begin(self, *order: Any) -> "_Born | subprocess.Popen[bytes]":
        return _Born(_nursery(), *order)

    def wait(self, seconds: float) -> int:
        """Return the exit status, which is that of `subprocess.Popen`. Raises TimeoutError."""
        if self.status is None:
            try:
                self.status = self._process.wait(seconds)
            except subprocess.TimeoutExpired as error:
                raise TimeoutError from error
            with suppress(BrokenPipeError):
                self.input.close()
        return self.status


class Apart(Child):
    """The same in a process that begins at its very beginning: for what must be there by then."""

    def _begin(self, *order: Any) -> "subprocess.Popen[bytes]":
        arguments, folder, environment, streams = order
        return subprocess.Popen(
            [sys.executable, "-m", "puerto", *arguments],
            cwd=folder,
            env=environment,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
        )


class _Born:
    """A process that a nursery forked at our order."""

    def __init__(
        self,
        nursery: socket.socket,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        streams: Sequence[int],
    ) -> None:
        self._line, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(nursery, [b"!"], [theirs.fileno(), *streams])
        order = (arguments, str(folder), dict(environment))
        self._line.sendall(json.dumps(order).encode() + b"\n")
        self._told = self._line.makefile()
        self.pid = int(self._told.readline())

    def wait(self, seconds: float | None) -> int:
        """Return the exit status. Raises TimeoutError."""
        self._line.settimeout(seconds)
        status = int(self._told.readline())
        self._told.close()
        self._line.close()
        return status


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


def nursery_line() -> int:
    """Return the descriptor that a shell must inherit in which a stand-in is called."""
    return _nursery().fileno()


def stand_in_for_puerto(folder: Path) -> dict[str, str]:
    """Write a program ``puerto`` into a folder, which lets the nursery fork the real one.

    Return the variables that it needs.
    """
    folder.mkdir(exist_ok=True)
    program = folder / "puerto"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"from {__name__} import stand_in\nstand_in()\n"
    )
    program.chmod(0o755)
    return {_NURSERY: str(nursery_line())}


def stand_in() -> None:
    """Be what a shell takes for ``puerto``: pass signals on, and end as the real one does."""
    environment = dict(os.environ)
    nursery = socket.socket(fileno=int(environment.pop(_NURSERY)))
    born = _Born(nursery, sys.argv[1:], Path.cwd(), environment, (0, 1, 2))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: os.kill(born.pid, number))
    sys.exit(born.wait(None))


def main() -> None:
    """Fork for each order, until the line is closed."""
    _prepare()
    signal.signal(signal.SIGCHLD, _reap)
    with socket.socket(fileno=os.dup(0)) as orders:
        while (given := socket.recv_fds(orders, 1, 4))[0]:
            line, *streams = given[1]
            if os.fork() == 0:
                orders.close()
                return _watch(line, streams)
            for descriptor in given[1]:
                os.close(descriptor)
    return None


def _prepare() -> None:
    """Do what no child has to do again."""
    for module in IMPORTED:
        import_module(module)
    from argon2.profiles import CHEAPEST

    from adapters.security.passwords import HASHES_AT_ONCE, ArgonPasswords
    from domain.tools.ranking.topics import topics_of

    topics_of("")  # reads them
    ArgonPasswords.__init__.__defaults__ = (CHEAPEST, HASHES_AT_ONCE)
    gc.collect()
    gc.freeze()  # no child looks through it again, nor copies it for that


def _reap(number: int, frame: object) -> None:
    """Take leave of the watchers that have ended; what they used is counted as ours."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _watch(line: int, streams: Sequence[int]) -> None:
    """Fork the child; tell its id, and in the end its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=line) as told, told.makefile() as talk:
        arguments, folder, environment = json.loads(talk.readline())
        if (pid := os.fork()) != 0:
            for descriptor in streams:
                os.close(descriptor)
            told.sendall(b"%d\n" % pid)
            _until_either_ends(pid, told)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            with suppress(OSError):  # nobody may be there to be told
                told.sendall(b"%d\n" % status)
            os._exit(0)
    _become(arguments, folder, environment, streams)


def _until_either_ends(pid: int, line: socket.socket) -> None:
    """Wait for the end of the child; end it if nobody holds the other end of the line any more."""
    if sys.platform != "linux":
        return
    ended = os.pidfd_open(pid)
    if ended not in select.select([line.fileno(), ended], [], [])[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(ended)


def _become(
    arguments: Sequence[str], folder: str, environment: Mapping[str, str], streams: Sequence[int]
) -> None:
    """Go on as ``python -m puerto`` would that was started so."""
    from puerto.__main__ import main as enter

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # What these were made over may have been a file: a pipe has no place to go on from.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.argv = ["puerto", *arguments]
    try:
        enter()
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        _end(end.code or 0)


def _end(status: int) -> None:
    """End as the interpreter does: wait for threads, tidy up, look for what was left open."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()

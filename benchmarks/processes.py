"""The processes that are measured: started, asked how much CPU they took, stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0

_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
_CAN_MEASURE: Final = Path("/proc/self/task").exists()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(
    *command: str, port: int, folder: Path, env: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a Python program that listens on ``port``, from when it does to the end of the block.

    ``command`` is what follows ``python``; ``folder`` is where it runs and where ``PORT.log``
    holds what it prints. Its environment is ``env`` and the little that every program needs, so
    that no setting of the caller's slips in. Yields the process id. An error in the block gets
    the end of what the program printed as a note.

    Raises:
        RuntimeError: it did not start.

    """
    log = folder / f"{port}.log"
    needed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), **needed, **(env or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await_listening(port, process)
        yield process.pid
    except Exception as error:
        if printed := log.read_text()[-2000:]:
            error.add_note(f"The end of what {' '.join(command)} printed:\n{printed}")
        raise
    finally:
        _stop(process)


def _await_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.005)
        else:
            return
    raise RuntimeError("a process did not start")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU time, user and system, that a process and all below it have taken.

    Children that ended and were waited for count too. None where the system has no ``/proc``.
    """
    if not _CAN_MEASURE:
        return None
    return sum(map(_own_seconds, _tree(pid)))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:  # the thread ended meanwhile
            continue
        for child in found:
            yield from _tree(int(child))


def _own_seconds(pid: int) -> float:
    try:
        # The clock of another process, in nanoseconds: Linux writes its id so. The fields of
        # /proc/PID/stat count in ticks of 10 ms, as much as a whole turn takes.
        own = time.clock_gettime((~pid << 3) | 2)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return 0.0
    return own + (int(fields[13]) + int(fields[14])) * _TICK  # the children it waited for


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in memory: ``rss`` counts what processes share for each of them, ``pss`` once."""

    rss: int
    pss: int


def memory(pid: int) -> Memory | None:
    """Return what a process and all below it hold; None where the system has no ``/proc``."""
    if not _CAN_MEASURE:
        return None
    rolled_up = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in _tree(pid)]
    return Memory(*(1024 * _sum(rf"^{name}: +(\d+) kB$", rolled_up) for name in ("Rss", "Pss")))


def _sum(pattern: str, texts: list[str]) -> int:
    return sum(int(found) for text in texts for found in re.findall(pattern, text, re.MULTILINE))

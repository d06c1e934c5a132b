"""Commands at a pseudo-terminal: typed at, and read."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from tests.entrypoints.cli.processes import PATIENCE, Installation


class Terminal:
    """One command at a terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", fd: int) -> None:
        self._process = process
        self._fd = fd
        self._seen = ""

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def read_until(self, text: str) -> str:
        """Return what was shown up to that text, and forget it."""
        self.read_until_any(text)
        shown, _, self._seen = self._seen.partition(text)
        return shown

    def read_until_any(self, *texts: str) -> str:
        """Return the first of these texts that has been shown, and forget nothing."""
        deadline = monotonic() + PATIENCE
        while not (found := [text for text in texts if text in self._seen]):
            assert select.select([self._fd], [], [], deadline - monotonic())[0], self._seen
            self._seen += os.read(self._fd, 65536).decode(errors="replace")
        return found[0]

    def status(self) -> int:
        return self._process.wait(PATIENCE)


@contextmanager
def terminal(installation: Installation, *arguments: str) -> Iterator[Terminal]:
    """Start a command whose streams are a terminal, its controlling one; end it with the block."""
    outer, inner = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _CONTROLLED, sys.executable, "-m", "puerto", *arguments],
        cwd=installation.folder,
        env=installation.env | {"TERM": "dumb", "COLUMNS": "200"},
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    ) as process:
        os.close(inner)
        try:
            yield Terminal(process, outer)
        finally:
            process.kill()
            os.close(outer)


# The new session takes the terminal as its own, so that Ctrl-C in it is a signal.
_CONTROLLED = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""

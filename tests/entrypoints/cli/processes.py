"""The command line as processes of their own, with an environment that holds only what is named."""

import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, NamedTuple

import httpx2

from entrypoints.settings.settings import PREFIX, Settings
from entrypoints.settings.values import variables
from tests.support.nursery import Child

ROOT: Final = Path(__file__).parents[3]
PATIENCE: Final = 60.0
_READY: Final = re.compile(r"^Puerto listens on (http://\S+) ", re.MULTILINE)


class Ended(NamedTuple):
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class Installation:
    """A folder with data of its own, and the commands that are run on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.env = {"PYTHONPATH": str(ROOT), "PUERTO_DATA_DIR": str(self.data), **settings}

    def run(self, *arguments: str, given: str = "") -> Ended:
        """Run a command to its end."""
        with self.started(*arguments) as process:
            return process.end(given)

    @contextmanager
    def started(self, *arguments: str) -> "Iterator[Process]":
        """Start a command whose streams are pipes; end it at the latest with the block."""
        with tempfile.TemporaryFile() as errors:
            process = Process(Child(arguments, self.folder, self.env, errors), errors)
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def serving(self, *arguments: str) -> "Iterator[Serving]":
        """Start the service on a free port and wait until it says that it listens."""
        with self.started("serve", "--port", "0", *arguments) as process:
            said = ""
            while (found := _READY.search(said)) is None:
                line = process.output.readline()
                assert line, f"it ended: {said}{process.end().stderr}"
                said += line
            yield Serving(process, found[1], said)


class Process:
    """A command that runs; ``output`` is its stdout."""

    def __init__(self, child: Child, errors: IO[bytes]) -> None:
        self._child, self._errors = child, errors
        self.pid, self.output = child.pid, child.output

    def write(self, line: str) -> None:
        """Give it a line."""
        self._child.input.write(f"{line}\n")
        self._child.input.flush()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Return its exit status."""
        return self._child.wait(PATIENCE * 2)

    def end(self, given: str = "") -> Ended:
        """Give it the last that it reads; return what it still writes, and how it ends."""
        too_late = threading.Timer(PATIENCE * 2, self.signal, [signal.SIGKILL])
        too_late.start()
        with suppress(BrokenPipeError):
            self._child.input.write(given)
            self._child.input.close()
        output = self.output.read()
        too_late.cancel()
        status = self.wait()
        self._errors.seek(0)
        return Ended(status, output, self._errors.read().decode())

    def kill(self) -> None:
        """End it, if it has not ended."""
        if self._child.status is None:
            with suppress(ProcessLookupError):  # it ended meanwhile, and was reaped
                self.signal(signal.SIGKILL)
            self.wait()
        self.output.close()


class Serving:
    """A service that runs in a process."""

    def __init__(self, process: Process, url: str, said: str) -> None:
        self.process = process
        self.url = url
        self.said = said

    def register(self, email: str = "ada@example.com") -> str:
        """Register a user and return an access token."""
        body = {"email": email, "full_name": "Ada", "password": "a good password"}
        answer = httpx2.post(f"{self.url}/api/auth/register", json=body, trust_env=False)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access_token"])

    def stop(self) -> tuple[int, str, str]:
        """Send SIGTERM; return the exit status, and what was said since on stdout and stderr."""
        self.process.signal(signal.SIGTERM)
        ended = self.process.end()
        return ended.returncode, ended.stdout, ended.stderr


def workers_of(process: Process) -> set[int]:
    """Return the ids of the worker processes of a supervisor."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {int(child) for child in children if b"spawn_main" in _command_line(int(child))}


def is_alive(pid: int) -> bool:
    """Tell whether a process runs: neither gone nor waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.05)


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def without_settings(env: Mapping[str, str]) -> list[str]:
    """Return the variables of an environment that Puerto would read."""
    known = {name for field in Settings.model_fields.values() for name in variables(field)}
    return [name for name in env if name in known or name.upper().startswith(PREFIX)]

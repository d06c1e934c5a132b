"""The command line as processes of their own, with an environment that holds only what is named."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2

from entrypoints.settings import PREFIX, Settings, variables

ROOT: Final = Path(__file__).parents[3]
PATIENCE: Final = 60.0
_READY: Final = re.compile(r"^Puerto listens on (http://\S+) ", re.MULTILINE)


class Installation:
    """A folder with data of its own, and the commands that are run on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.env = {"PYTHONPATH": str(ROOT), "PUERTO_DATA_DIR": str(self.data), **settings}

    def run(self, *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "puerto", *arguments],
            cwd=self.folder,
            env=self.env,
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
            check=False,
        )

    @contextmanager
    def started(self, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
        """Start a command whose streams are pipes; end it at the latest with the block."""
        with subprocess.Popen(
            [sys.executable, "-m", "puerto", *arguments],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def serving(self, *arguments: str) -> "Iterator[Serving]":
        """Start the service on a free port and wait until it says that it listens."""
        with self.started("serve", "--port", "0", *arguments) as process:
            assert process.stdout is not None
            said = ""
            while (found := _READY.search(said)) is None:
                line = process.stdout.readline()
                assert line, f"it ended: {said}{process.communicate()[1]}"
                said += line
            yield Serving(process, found[1], said)


class Serving:
    """A service that runs in a process."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, said: str) -> None:
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
        self.process.terminate()
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


def workers_of(process: "subprocess.Popen[Any]") -> set[int]:
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

"""The server processes of the kill storm: started, killed, started again on the same port."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from processes import ROOT, START_SECONDS, STOP_SECONDS, free_port

ANSWER_SECONDS: Final = 5.0
PLUGIN: Final = Path(__file__).parent / "storm_plugin"


# Settings that only versions with limits know.
_NO_LIMITS: Final = {"RATE_LIMIT_PER_MINUTE": "0", "PUERTO_LOGIN_LIMIT_PER_MINUTE": "0"}


class Server:
    """``puerto serve`` on a port of its own. ``log`` holds what all its processes printed.

    ``source`` is the folder of the version that is run: the next start heeds a change of it.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str], source: Path = ROOT) -> None:
        self.source = source
        self.port = free_port()
        self.log = folder / f"{self.port}.log"
        self.is_up = False
        needed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._env = {**needed, **settings, "API_PORT": str(self.port)}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def exit_status(self) -> int | None:
        """Say how the process ended; None: it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start a process, and do not wait for it."""
        self.is_up = False
        paths = (self.source, PLUGIN, packaged(self._folder))
        known = (self.source / "docs" / "reference" / "settings.md").read_text()
        limits = _NO_LIMITS if all(name in known for name in _NO_LIMITS) else {}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "puerto", "serve"],
                cwd=self._folder,
                env={**self._env, **limits, "PYTHONPATH": os.pathsep.join(map(str, paths))},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    async def answers(self) -> bool:
        """Return when it answers requests; False: it ended, or took too long."""
        deadline = time.monotonic() + START_SECONDS
        while self.exit_status is None and time.monotonic() < deadline:
            if await _is_healthy(self.port):
                self.is_up = True
                return True
            await asyncio.sleep(0.02)
        return False

    def kill(self) -> None:
        """End the process as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int | None:
        """Ask the process to end, and return its exit status; None: it had to be killed."""
        process, self._process = self._process, None  # it does not end by itself
        self.is_up = False
        assert process is not None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    @property
    def password(self) -> str:
        """The first administrator's, where this was the first server."""
        found = re.search(r"log in as admin with the password (\S+)", self.log.read_text())
        if found is None:
            raise RuntimeError(f"no administrator was made:\n{self.log.read_text()[-2000:]}")
        return found[1]

    def troubles(self) -> list[str]:
        """Return the lines of the log that tell of errors."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if " ERROR " in line or " CRITICAL " in line]


async def _is_healthy(port: int) -> bool:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            answer = await reader.readline()  # it listens long before it answers
            writer.close()
    except OSError:  # of which TimeoutError is one
        return False
    return b" 200 " in answer


def packaged(folder: Path) -> Path:
    """Return a folder that makes a plugin of the storm's tools, as an installer does."""
    info = folder / "site" / "storm_tools-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: storm-tools\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[puerto]\nstorm = storm_tools\n")
    return info.parent

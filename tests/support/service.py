"""The real service as a process of its own, for tests that must see it from outside."""

import json
import os
import re
import signal
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self
from urllib.request import Request, urlopen

from tests.support.nursery import Child
from tests.support.templates import give_database, give_tried, keep_tried

ROOT: Final = Path(__file__).parents[2]
START_SECONDS: Final = 180.0  # many times what a start takes where nothing stands still

# What a process needs to run at all; nothing of ours may leak in from outside.
_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")

# Tests are in a hurry, and all of one address.
UNLIMITED: Final = {"RATE_LIMIT_PER_MINUTE": "0", "PUERTO_LOGIN_LIMIT_PER_MINUTE": "0"}


class RunningService:
    """``puerto serve`` on a free port of the loopback address, over a data folder of its own.

    ``settings`` are environment variables. ``log`` holds what it wrote so far; ``password`` is
    the first administrator's. The data folder outlives a stop, for a second start.
    """

    child: ClassVar[type[Child]] = Child

    def __init__(self, folder: Path | None = None, *options: str, **settings: str) -> None:
        self._own = tempfile.TemporaryDirectory() if folder is None else None
        self.folder = folder if folder is not None else Path(self._own.name if self._own else ".")
        self._options = options
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._environment = (
            kept | UNLIMITED | {"PUERTO_DATA_DIR": str(self.folder / "data")} | settings
        )
        self._process: Child | None = None
        self._reader: threading.Thread | None = None
        self.lines: list[str] = []
        self.url = ""

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    @property
    def password(self) -> str:
        found = re.search(r"log in as admin with the password (\S+)", self.log)
        assert found is not None, self.log
        return found[1]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        paths = [str(ROOT), *filter(None, [self._environment.get("PYTHONPATH")])]
        self.lines.clear()
        if "DATABASE_URL" not in self._environment:
            give_database(self.folder / "data")
        give_tried(self.folder / "data")
        self._process = self.child(
            ["serve", "--port", "0", *self._options],
            self.folder,
            self._environment | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        deadline = time.monotonic() + START_SECONDS
        while not (found := re.search(r"listens on (http://\S+)", self.log)):
            assert self._reader.is_alive(), self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)
        self.url = found[1]
        return self

    def _read(self) -> None:
        assert self._process is not None
        for line in self._process.output:
            self.lines.append(line.rstrip("\n"))

    def signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def wait(self, seconds: float = 30.0) -> int:
        """Return the exit status."""
        assert self._process is not None
        assert self._reader is not None
        status = self._process.wait(seconds)
        self._reader.join(5)
        self._process.output.close()
        keep_tried(self.folder / "data")
        return status

    def stop(self) -> int:
        """Tell it to stop, and return the exit status."""
        if self._process is not None and self._process.status is None:
            with suppress(ProcessLookupError):  # it ended by itself, and was reaped
                self.signal(signal.SIGTERM)
        return self.wait()

    def restart(self) -> None:
        """Stop it and start it again over the same data, on another port."""
        assert self.stop() == 0, self.log
        self.start()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        self.wait()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self._clean_up()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clean_up()

    def _clean_up(self) -> None:
        if self._process is not None and self._process.status is None:
            self.stop()
        if self._own is not None:
            self._own.cleanup()

    def call(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> dict[str, Any]:
        """Make one JSON request that must succeed, and return the answer."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, headers, method=method)
        with urlopen(request, timeout=60) as response:
            text = response.read()
        answer: dict[str, Any] = json.loads(text) if text else {}
        return answer

    def admin(self) -> str:
        """Log in as the first administrator, and return an access token."""
        body = {"username": "admin", "password": self.password}
        token: str = self.call("POST", "/api/auth/login", body)["access_token"]
        return token

    def user(self, name: str) -> str:
        """Register a user, and return an access token."""
        body = {"email": f"{name}@example.org", "full_name": name, "password": "correct horse"}
        token: str = self.call("POST", "/api/auth/register", body)["access_token"]
        return token

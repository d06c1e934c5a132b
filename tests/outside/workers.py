"""Workers over one database, and what an administrator sees of them."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.support.service import RunningService

Found = TypeVar("Found")

PATIENCE: Final = 120.0  # seconds: many times what anything here takes


class Worker:
    """One service, and an administrator's line to it."""

    def __init__(self, service: RunningService, token: str) -> None:
        self.service, self._token = service, token

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return self.service.call(method, path, body, self._token)

    def execute(self, tool: str, **parameters: Any) -> Any:
        body = {"tool": tool, "parameters": parameters}
        return self.call("POST", "/api/tools/execute", body)["result"]

    def plugins(self) -> dict[str, dict[str, Any]]:
        return {plugin["name"]: plugin for plugin in self.call("GET", "/api/plugins")["plugins"]}

    def tools(self) -> dict[str, bool]:
        """Return the names of the tools, and whether each is enabled."""
        listed = self.call("GET", "/api/tools")["tools"]
        return {tool["name"]: tool["enabled"] for tool in listed}

    def said(self, message: str) -> dict[str, Any]:
        return self.call("POST", "/api/chat", {"message": message})


@contextmanager
def two_services(
    database_url: str, folder: Path, **settings: str
) -> Iterator[tuple[RunningService, RunningService]]:
    """Run two services over one database and with the same keys."""
    shared = {
        "DATABASE_URL": database_url,
        "JWT_SECRET": secrets.token_urlsafe(48),
        "ENCRYPTION_KEY": secrets.token_urlsafe(48),
    } | settings
    for name in ("one", "two"):
        (folder / name).mkdir()
    with (
        RunningService(folder / "one", **shared) as one,
        RunningService(folder / "two", **shared) as two,
    ):
        yield one, two


@contextmanager
def two_workers(
    database_url: str, folder: Path, **settings: str
) -> Iterator[tuple[Worker, Worker]]:
    """Run two services over one database, and log in as the administrator of both."""
    with two_services(database_url, folder, **settings) as (one, two):
        token = one.admin()
        yield Worker(one, token), Worker(two, token)


def until(what: Callable[[], Found], is_so: Callable[[Found], object] = bool) -> Found:
    """Look again and again until it is so; return what was found then."""
    deadline = time.monotonic() + PATIENCE
    while not is_so(found := what()):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found

"""The test bed of trial runs: contexts, canary secrets, and a network that never answers."""

import asyncio
import logging
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from typing_extensions import override

from domain.accounts.users import Role, User
from domain.conversations.conversation import Message
from domain.tools.http import HttpClient
from domain.tools.secrets import Secrets
from domain.tools.tool_context import ToolContext

_LOGGER: Final = "puerto.tools"


class SilentHttpClient(HttpClient):
    """An HTTP client whose requests never get an answer."""

    @override
    async def request(self, method: str, url: str, **_options: Any) -> Any:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError(f"{method} {url} was answered")

    @override
    def stream(self, method: str, url: str, **_options: Any) -> AbstractAsyncContextManager[Any]:
        """Return a context manager that waits for ever when it is entered."""
        return _Never(self, method, url)


class _Never(AbstractAsyncContextManager[Any]):
    def __init__(self, client: HttpClient, method: str, url: str) -> None:
        self._request = (client, method, url)

    async def __aenter__(self) -> Any:
        client, method, url = self._request
        return await client.request(method, url)

    async def __aexit__(self, *_error: object) -> None:
        """Do nothing: it is never entered."""


@contextmanager
def planted_canaries(names: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Set each variable to a random canary value meanwhile, and yield the values by name."""
    canaries = {name: f"canary-{secrets.token_hex(12)}" for name in names}
    before = dict(os.environ)
    os.environ.update(canaries)
    try:
        yield canaries
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def captured_log() -> Iterator[list[str]]:
    """Capture the log messages meanwhile, without tracebacks: the service redacts those."""
    lines: list[str] = []

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    root, recorder = logging.getLogger(), Recorder()
    level = root.level
    root.addHandler(recorder)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(recorder)
        root.setLevel(level)


def context_with(
    canaries: Mapping[str, str], http: HttpClient, settings: object | None = None
) -> ToolContext:
    """Return the context of a call with these secrets, this HTTP client and these settings."""
    user = User("user-1", "ada@example.org", "ada", "Ada", Role.USER, datetime.now(UTC))
    log = logging.getLogger(_LOGGER)
    return ToolContext(
        user,
        "call-1",
        _nothing,
        secrets=Secrets(canaries),
        log=log,
        http=http,
        read_settings=lambda: settings,
    )


async def _nothing(_text: str, _limit: int) -> Sequence[Message]:
    return ()

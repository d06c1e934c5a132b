"""What a tool on trial is given: a context, secrets that can be found again, a silent network."""

import asyncio
import logging
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from domain.accounts.users import Role, User
from domain.conversations.conversation import Message
from domain.tools.http import HttpClient
from domain.tools.secrets import Secrets
from domain.tools.tool import ToolContext

_LOGGER: Final = "puerto.tools"


class SilentHttpClient(HttpClient):
    """A network in which nobody answers."""

    async def request(self, method: str, url: str, **_options: Any) -> Any:
        """Wait for good."""
        await asyncio.Event().wait()
        raise AssertionError(f"{method} {url} was answered")

    def stream(self, method: str, url: str, **_options: Any) -> AbstractAsyncContextManager[Any]:
        """Return what waits for good when it is entered."""
        return _Never(self, method, url)


class _Never(AbstractAsyncContextManager[Any]):
    def __init__(self, client: HttpClient, method: str, url: str) -> None:
        self._asked = (client, method, url)

    async def __aenter__(self) -> Any:
        client, method, url = self._asked
        return await client.request(method, url)

    async def __aexit__(self, *_error: object) -> None:
        """Leave nothing, since it was never entered."""


@contextmanager
def planted_canaries(names: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Yield values that can be found again, and put them into the environment meanwhile."""
    canaries = {name: f"canary-{secrets.token_hex(12)}" for name in names}
    before = dict(os.environ)
    os.environ.update(canaries)
    try:
        yield canaries
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Yield what is logged meanwhile, tracebacks left out: the service hides what they hold."""
    lines: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    root, ear = logging.getLogger(), Ear()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(ear)
        root.setLevel(level)


def context_with(canaries: Mapping[str, str], http: HttpClient) -> ToolContext:
    """Return the context of a call that has these secrets and this network."""
    user = User("user-1", "ada@example.org", "ada", "Ada", Role.USER, datetime.now(UTC))
    log = logging.getLogger(_LOGGER)
    return ToolContext(user, "call-1", log, _nothing, secrets=Secrets(canaries), http=http)


async def _nothing(_text: str, _limit: int) -> Sequence[Message]:
    return ()

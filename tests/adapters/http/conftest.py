"""Names that lead where a test wants, and clients that go there."""

import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from adapters.http.client import GuardedWeb
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from domain.web.open_hosts import read_open_hosts


@dataclass
class Names:
    """A resolver: each look-up of a name gives the next one of its answers."""

    answers: dict[str, Sequence[Sequence[str]]]
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self._turns = {name: cycle(answers) for name, answers in self.answers.items()}

    async def look_up(self, host: str, port: int) -> Sequence[tuple[int, Any]]:
        self.asked[host] += 1
        if host not in self._turns:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, (address, port))
            for address in next(self._turns[host])
        ]


@asynccontextmanager
async def web_through(
    *opened: str, names: Names | None = None, seconds: float = 5.0
) -> AsyncIterator[GuardedWeb]:
    look_up = (names or Names({})).look_up
    ssrf_guard = SsrfGuard(read_open_hosts(opened), look_up=look_up, seconds=seconds)
    web = GuardedWeb(ssrf_guard, GuardedTransport(ssrf_guard))
    try:
        yield web
    finally:
        await web.close()

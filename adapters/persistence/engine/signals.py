"""Signals between workers by PostgreSQL's LISTEN and NOTIFY; on SQLite workers poll.

The statements that change rows send the notifications themselves, so they arrive exactly when the
change is committed.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import asyncpg
from typing_extensions import override

from adapters.persistence.engine.database import Engine
from adapters.persistence.engine.health import DatabaseHealth
from domain.runs.ports import Signals
from domain.shared.background import BackgroundTask

EVENTS: Final = "puerto_events"
WORK: Final = "puerto_work"
CONNECT_SECONDS: Final = 10.0

_BEAT_SECONDS: Final = 30.0  # of silence before the connection is checked
_ANSWER_SECONDS: Final = 5.0
_PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 5.0)  # backoff in seconds between tries to connect
_LOGGED_TRY: Final = 4  # of the tries; before it an outage is logged by `DatabaseHealth`

_log = logging.getLogger(__name__)


def events_notification(engine: Engine, what: str) -> str:
    """Return a SQL column that notifies about a run's new events, or a conversation's run."""
    return f", pg_notify('{EVENTS}', {what}::text)" if engine == "postgresql" else ""


def work_notification(engine: Engine) -> str:
    """Return a SQL column that notifies workers about runs to be claimed."""
    return f", pg_notify('{WORK}', '')" if engine == "postgresql" else ""


class PostgresSignals(Signals):
    """Listens on a connection of its own, and reconnects with backoff."""

    def __init__(self, url: str, health: DatabaseHealth) -> None:
        self._url = url
        self._health = health
        self._background = BackgroundTask()

    @override
    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        """Start listening; return after the first try to connect.

        ``heard`` is called with the id of a run that has new events, or of a conversation with a
        new run; ``work`` when runs may be claimed or are to be cancelled, and after a reconnect,
        since signals may be lost.
        """
        first = asyncio.Event()
        self._background.start(self._listen(heard, work, first))
        await first.wait()

    @override
    async def stop(self) -> None:
        """Stop listening. Stopping twice is no error."""
        await self._background.stop()

    async def _listen(
        self, heard: Callable[[str], None], work: Callable[[], None], first: asyncio.Event
    ) -> None:
        tries = 0
        while True:
            try:
                connection = await self._connect(heard, work)
            except _BROKEN as error:
                if tries == _LOGGED_TRY and not self._health.is_away:  # else it is logged already
                    reason = type(error).__name__
                    _log.warning("no news from other workers for now (%s): they are slower", reason)
            else:
                if tries > _LOGGED_TRY:
                    _log.info("there is news from other workers again")
                if first.is_set():
                    work()
                tries = 0
                first.set()
                await _until_broken(connection)
            first.set()
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    async def _connect(self, heard: Callable[[str], None], work: Callable[[], None]) -> Any:
        """Return a new connection that listens."""
        connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            server_settings={"application_name": "puerto news"},
        )
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await connection.add_listener(EVENTS, lambda *news: heard(news[-1]))
                await connection.add_listener(WORK, lambda *_: work())
        except BaseException:
            connection.terminate()
            raise
        return connection


async def _until_broken(connection: Any) -> None:
    """Wait until the connection is closed or does not answer; then terminate it."""
    broken = asyncio.Event()
    connection.add_termination_listener(lambda _: broken.set())
    try:
        while not connection.is_closed():
            with suppress(TimeoutError):
                async with asyncio.timeout(_BEAT_SECONDS):
                    await broken.wait()
                return
            async with asyncio.timeout(_ANSWER_SECONDS):
                await connection.execute("SELECT 1")
    except _BROKEN:
        return
    finally:
        connection.terminate()


_BROKEN: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


class NoSignals(Signals):
    """The null signals for SQLite: workers poll instead."""

    @override
    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        """Do nothing."""

    @override
    async def stop(self) -> None:
        """Do nothing."""

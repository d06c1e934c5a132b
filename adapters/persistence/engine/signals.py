"""News between workers: PostgreSQL's LISTEN and NOTIFY. SQLite has none: there they look.

The statements that change something send the news themselves, so that it comes when the change
can be seen, and never without it.
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

EVENTS: Final = "puerto_events"
WORK: Final = "puerto_work"
CONNECT_SECONDS: Final = 10.0

_BEAT_SECONDS: Final = 30.0  # after so long a silence the connection is tried
_ANSWER_SECONDS: Final = 5.0
_PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds before each next try to connect
_TELLING_TRY: Final = 4  # the log is told when these are over: by then others saw the database away

_log = logging.getLogger(__name__)


def telling_events(engine: Engine, what: str) -> str:
    """Return one more column for a list of them: a run has new events, a conversation a run."""
    return f", pg_notify('{EVENTS}', {what}::text)" if engine == "postgresql" else ""


def telling_work(engine: Engine) -> str:
    """Return one more column for a list of them, which says that there is work to take up."""
    return f", pg_notify('{WORK}', '')" if engine == "postgresql" else ""


class PostgresSignals(Signals):
    """Listens on a connection of its own, and connects again whenever that breaks."""

    def __init__(self, url: str, health: DatabaseHealth) -> None:
        self._url = url
        self._health = health
        self._task: asyncio.Task[None] | None = None

    @override
    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        """Begin to listen, within the time that a connection may take.

        ``heard`` is called with the id of a run that has new events, or of a conversation in
        which one has begun; ``work`` when runs may be claimed or are to be cancelled, and when
        the connection was broken and news may be lost.
        """
        first = asyncio.Event()
        self._task = asyncio.create_task(self._listen(heard, work, first))
        await first.wait()

    @override
    async def stop(self) -> None:
        """Stop listening. Stopping twice is no error."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(
        self, heard: Callable[[str], None], work: Callable[[], None], first: asyncio.Event
    ) -> None:
        tries = 0
        while True:
            try:
                connection = await self._connect(heard, work)
            except _BROKEN as error:
                if tries == _TELLING_TRY and not self._health.is_away:  # which is told already
                    reason = type(error).__name__
                    _log.warning("no news from other workers for now (%s): they are slower", reason)
            else:
                if tries > _TELLING_TRY:
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
        """Return a connection that listens."""
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
    """Return when the connection is closed or does not answer; end it in any case."""
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
    """Where nobody sends news."""

    @override
    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        """Listen to nobody."""

    @override
    async def stop(self) -> None:
        """Stop nothing."""

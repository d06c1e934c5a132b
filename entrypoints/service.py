"""One running installation: started in order, stopped in the opposite one."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.persistence import migrate
from domain.errors import Unavailable
from entrypoints.container import Container
from entrypoints.services import Services
from entrypoints.settings import Settings

_log = logging.getLogger("puerto")


def make_data_folder(settings: Settings) -> None:
    """Make the data folder, for its owner alone, where it is not there yet.

    Raises:
        Unavailable: it cannot be made.

    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The data folder {settings.data_dir} cannot be made: {error.strerror}."
        ) from error


@asynccontextmanager
async def running(
    settings: Settings, announce: Callable[[str], None]
) -> AsyncGenerator[Services, None]:
    """Start everything, yield the services, stop everything.

    ``announce`` is told, once in the life of an installation, the first administrator's password.

    Raises:
        Unavailable: the database is not there, or not ours; or a secret cannot be kept.

    """
    make_data_folder(settings)
    container = Container(settings=settings)
    container.check_dependencies()
    async with AsyncExitStack() as stack:
        url = settings.database.url
        for name in await migrate(url):
            _log.info("migrated the database: %s", name)
        database = container.database()
        await database.start()
        stack.push_async_callback(database.close)
        stack.push_async_callback(container.models().close)
        stack.callback(container.passwords().close)
        services: Services = container.services()
        password = await services.authentication.make_first_admin()
        if password is not None:
            announce(
                f"First start: log in as admin with the password {password} "
                "(shown only now; change it with: puerto user passwd admin)"
            )
        await services.signals.start(services.live.hint, services.worker.look)
        stack.push_async_callback(services.signals.stop)
        await services.worker.start()
        stack.push_async_callback(drain, services)
        yield services


async def drain(services: Services) -> None:
    """Take no new runs, and let those at hand end within the grace time, or hand them over.

    Followers of runs that others drive, or that wait for a human, leave at once; the others when
    the run has ended or is handed over. Calling it twice is fine.
    """
    services.live.is_draining = True
    await asyncio.shield(asyncio.ensure_future(_stop(services)))


async def _stop(services: Services) -> None:
    await services.worker.stop(services.settings.grace_seconds)

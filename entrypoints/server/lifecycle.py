"""Startup and shutdown of the service: the parts start in order and stop in reverse order."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from adapters.persistence import migrate
from domain.accounts.users import User
from domain.shared.errors import NotFound, PuertoError, Unavailable
from domain.shared.log_context import bind
from entrypoints.server.kept_logs import keeping_logs
from entrypoints.server.memory import MemoryKeeper
from entrypoints.server.redaction import secrets_of
from entrypoints.server.start import require_answerers
from entrypoints.settings.sdk_variables import export_sdk_variables
from entrypoints.settings.settings import Settings
from entrypoints.wiring.container import Container
from entrypoints.wiring.learned_apis import register_learned_apis
from entrypoints.wiring.services import Services
from plugins.containment.process_state import watching_process

_log = logging.getLogger("puerto")


def make_data_folder(settings: Settings) -> None:
    """Create the data folder, accessible to its owner alone, if it does not exist.

    Raises:
        Unavailable: the folder cannot be created.

    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The data folder {settings.data_dir} cannot be made: {error.strerror}."
        ) from error


def prepare(settings: Settings) -> None:
    """Create the data folder and migrate the database, where that is needed."""
    with suppress(PuertoError):  # the start meets and reports it again
        make_data_folder(settings)
        asyncio.run(_migrate(settings))


async def _migrate(settings: Settings) -> None:
    for name in await migrate(settings.direct_database.url):
        _log.info("migrated the database: %s", name)


@asynccontextmanager
async def running(
    container: Container, announce: Callable[[str], None], *, only_for: str | None = None
) -> AsyncGenerator[Services, None]:
    """Start everything, yield the services, stop everything.

    ``announce`` is called with a line that holds the first administrator's password, once in the
    life of an installation. ``only_for`` is a user's name: only that user's runs are executed here.

    Raises:
        Unavailable: the database cannot be reached or belongs to another program, or a secret
            cannot be stored.
        NotFound: there is no user of that name.
        SettingsError: a provider that the settings name is not configured.

    """
    require_answerers(container.settings(), container.models().providers)
    async with AsyncExitStack() as stack:
        _keep_logs(container, stack)
        stack.enter_context(watching_process(container.plugins().offences.report))
        await open_data(container, announce, stack)
        services = Services(container)
        bind(worker=services.worker.id)
        await container.monitoring().log_keeper.start()
        stack.push_async_callback(container.monitoring().log_keeper.stop)
        user = None if only_for is None else await user_named(services, only_for)
        export = container.telemetry().export
        export.start(services.worker.id)
        stack.push_async_callback(export.stop)
        await _start_plugins(container, stack)
        await _start_monitoring(container, stack)
        await _start_work(container, None if user is None else user.id, stack)
        stack.push_async_callback(drain, services)
        yield services


@asynccontextmanager
async def administered(
    container: Container, announce: Callable[[str], None], *, with_plugins: bool = False
) -> AsyncGenerator[Services, None]:
    """Yield the services for administration commands, without executing runs.

    ``with_plugins`` loads the plugins, to list or switch them, but enters none of their lifespans.
    Without it no plugin's code runs at all.

    Raises:
        Unavailable: the database cannot be reached or belongs to another program, or a secret
            cannot be stored.

    """
    async with AsyncExitStack() as stack:
        await open_data(container, announce, stack)
        if with_plugins:
            await _take_in_plugins(container, stack)
        yield Services(container)


async def open_data(
    container: Container, announce: Callable[[str], None], stack: AsyncExitStack
) -> None:
    """Create data folder, tables and first administrator if missing.

    The stack closes everything that is opened here.

    Raises:
        Unavailable: the database cannot be reached or belongs to another program, or a secret
            cannot be stored.

    """
    container.check_dependencies()
    settings, web = container.settings(), container.web()
    database = container.persistence().database
    make_data_folder(settings)
    container.cipher().prepare()
    export_sdk_variables(container.environ())
    await _migrate(settings)
    await database.start()
    stack.push_async_callback(database.close)
    stack.push_async_callback(container.models().providers.close)
    stack.push_async_callback(web.plugin_clients.close)
    stack.push_async_callback(web.web.close)
    stack.push_async_callback(container.account_access().access.close)
    if (documents := container.identity().documents) is not None:
        stack.push_async_callback(documents.close)
    stack.callback(container.passwords().close)
    password = await container.accounts().authentication.make_first_admin()
    if password is not None:
        announce(
            f"First start: log in as admin with the password {password} "
            "(shown only now; change it with: puerto user passwd admin)"
        )


async def user_named(services: Services, name: str) -> User:
    """Return a user, by name or e-mail address.

    Raises:
        NotFound: there is none.

    """
    login = await services.users.by_login(name)
    if login is None:
        raise NotFound(f"There is no user {name}; make one with: puerto user add")
    return login[0]


async def _start_plugins(container: Container, stack: AsyncExitStack) -> None:
    """Load the plugins and enter their lifespans; the stack stops everything that is started.

    Raises:
        Unavailable: the database does not answer.

    """
    plugins = container.plugins()
    plugins.left_tasks.listen()
    plugins.plugin_service.watch(plugins.lifespans.follow)
    plugins.plugin_service.watch(plugins.required.tell)
    stack.push_async_callback(plugins.lifespans.stop)
    await _take_in_plugins(container, stack, tries_again=True)


async def _take_in_plugins(
    container: Container, stack: AsyncExitStack, *, tries_again: bool = False
) -> None:
    """Import the plugins and call their hooks; the stack stops everything that is started.

    With ``tries_again``, quarantined plugins whose pause is over are loaded again.

    Raises:
        Unavailable: the database does not answer.

    """
    plugins = container.plugins()
    plugins.plugin_service.watch(container.tools().catalogue.catch_up)
    plugins.plugin_service.watch(MemoryKeeper(plugins.host).follow)
    # It stops first, else lifespans are entered again.
    stack.push_async_callback(plugins.plugin_service.stop)
    await plugins.plugin_service.start(tries_again=tries_again)
    await register_learned_apis(container)
    stack.push_async_callback(plugins.notices.close)


def _keep_logs(container: Container, stack: AsyncExitStack) -> None:
    """Take what is logged from now on, to be stored as soon as the database is open.

    It is before plugins run: they must not remove the handler.
    """
    settings = container.settings()
    if settings.log_entries:
        take = container.monitoring().log_keeper.take
        stack.enter_context(keeping_logs(take, secrets_of(settings)))


async def _start_monitoring(container: Container, stack: AsyncExitStack) -> None:
    """Start collecting metrics of plugins, heartbeat, refresh, retention and loop watch."""
    monitoring, loop_watch = container.monitoring(), container.plugins().loop_watch
    loops = (monitoring.collector, container.learning().refresh, container.retention())
    for part in (*loops, monitoring.worker_monitor):
        await part.start()
        stack.push_async_callback(part.stop)
    loop_watch.start()
    stack.callback(loop_watch.stop)


async def _start_work(container: Container, user_id: str | None, stack: AsyncExitStack) -> None:
    """Listen to other workers, take over what dead ones left, and start the worker."""
    persistence, runs = container.persistence(), container.runs()
    login_watch = container.users().login_watch
    await login_watch.start()
    stack.push_async_callback(login_watch.stop)
    signals = persistence.store.signals
    await runs.budgets.start()
    stack.push_async_callback(runs.budgets.stop)
    await signals.start(persistence.runs.live.hint, runs.worker.look)
    stack.push_async_callback(signals.stop)
    await runs.dead_workers.start(runs.worker.id)
    stack.push_async_callback(runs.dead_workers.stop)
    await runs.worker.start(user_id)
    if user_id is None:  # one user's runs are a command's, which ends soon
        dispatcher = container.webhooks().dispatcher
        await dispatcher.start()
        stack.push_async_callback(dispatcher.stop)


async def drain(services: Services) -> None:
    """Accept no new runs, and give the active ones the grace time to end, then hand them over.

    Streams of runs that other workers execute, or that wait for a human, end at once; the others
    when their run has ended or is handed over. Calling it twice is fine.
    """
    services.live.is_draining = True
    await asyncio.shield(asyncio.ensure_future(_stop(services)))


async def _stop(services: Services) -> None:
    await services.worker.stop(services.settings.grace_seconds)

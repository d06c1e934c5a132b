"""``puerto plugin dev``: a service for a plugin's author, which reads it again on each save."""

import asyncio
import logging
import os
import secrets
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from entrypoints.cli.interrupts import until_interrupted

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from entrypoints.settings.settings import Settings
    from entrypoints.wiring.container import Container
    from entrypoints.wiring.services import Services
    from plugins.host.candidates import Candidate
    from plugins.host.host import PluginInfo

AUTHOR: Final = "author"  # the administrator of the service
POLL_SECONDS: Final = 0.5


def command(
    target: Annotated[
        str, typer.Argument(help="A .py file, a package's folder, or what is installed.")
    ] = ".",
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0: a free one.")] = 8700,
    data: Annotated[
        Path | None,
        typer.Option(help="The data folder. Not given: one for this time only."),
    ] = None,
) -> None:
    """Serve a plugin while you write it: each save is read, each call is shown.

    A service of its own, on this machine alone, with your settings and keys from the environment
    and .env. The plugin need not be installed. Shown are its tools, what each provider does not
    take of their schemas, and each call with its arguments, result or traceback.
    """
    from plugins.checking import find_plugins

    find_plugins(target)  # to refuse at once what is none
    with tempfile.TemporaryDirectory(prefix="puerto-dev-") as temporary:
        asyncio.run(until_interrupted(_develop(target, data or Path(temporary), port)))


async def _develop(target: str, folder: Path, port: int) -> None:
    from entrypoints.cli.plugin.dev_console import DevConsole

    async with _service(folder, port) as (container, services, access):
        console = DevConsole(container, services)
        console.begin(access.url, access.token)
        bench = Bench(container, target)
        for info in await bench.read():
            console.show_plugin(info)
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if await asyncio.to_thread(bench.has_changed):
                for info in await bench.read():
                    console.show_plugin(info)


@dataclass(frozen=True, slots=True)
class _Access:
    url: str
    token: str


@asynccontextmanager
async def _service(
    folder: Path, port: int
) -> "AsyncGenerator[tuple[Container, Services, _Access], None]":
    """Start a service with the environment's settings but its own data; yield how to reach it."""
    from domain.accounts.users import Role
    from entrypoints.server.in_process import in_process_server
    from entrypoints.server.lifecycle import running
    from entrypoints.wiring.container import build

    settings = dev_settings(os.environ, folder, port)
    _log_for_people()
    container = build(settings)
    async with (
        running(container, lambda _: None) as services,
        in_process_server(services, port) as url,
    ):
        password = secrets.token_urlsafe()
        authentication = services.authentication
        if await services.accounts.passwords.change(AUTHOR, password) is None:
            address = f"{AUTHOR}@localhost"
            await authentication.add_user(AUTHOR, address, "", password, Role.ADMIN)
        grant = await authentication.login(AUTHOR, password)
        yield container, services, _Access(url, grant.access_token)


def dev_settings(environment: Mapping[str, str], folder: Path, port: int) -> "Settings":
    """Return the environment's settings, but with data and an address of the service's own.

    By that address a browser comes back from where an account is connected.
    """
    from entrypoints.settings.loading import load_settings

    own = {"PUERTO_DATA_DIR": str(folder), "PUERTO_GRACE_SECONDS": "1", "DATABASE_URL": ""}
    address = {"API_HOST": "127.0.0.1", "API_PORT": str(port)}
    return load_settings({**environment, **own, **address})


def _log_for_people() -> None:
    """Log warnings and errors to standard error, with tracebacks as Python writes them."""
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(format=form, datefmt="%H:%M:%S", level=logging.WARNING, force=True)
    logging.getLogger("plugins.host").setLevel(logging.ERROR)  # the console shows it


class Bench:
    """The plugins under work: reads them from disk, and sees when their files change."""

    def __init__(self, container: "Container", target: str) -> None:
        self._plugins = container.plugins()
        self._target = target
        self._seen: list[str] = []

    def has_changed(self) -> bool:
        """Tell whether a file of a plugin is other than when it was read."""
        return self._digests() != self._seen

    async def read(self) -> "list[PluginInfo]":
        """Read the plugins from disk, and return their states."""
        before = await asyncio.to_thread(self._digests)
        infos = [
            await asyncio.to_thread(self._plugins.host.read_again, candidate)
            for candidate in self._candidates()
        ]
        await self._plugins.plugin_service.tell()
        # A file saved meanwhile is read again; at first the modules could not be found before.
        self._seen = before if any(before) else await asyncio.to_thread(self._digests)
        return infos

    def _candidates(self) -> "Sequence[Candidate]":
        """Return the plugins as they are on disk; none while an editor replaces a file."""
        from domain.shared.errors import NotFound
        from plugins.checking import find_plugins

        try:
            return find_plugins(self._target)
        except NotFound:
            return ()

    def _digests(self) -> list[str]:
        from plugins.host import code

        code.forget()
        return [each.digest or code.digest_of(each.module) for each in self._candidates()]

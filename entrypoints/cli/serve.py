"""``puerto serve``: runs the service, in one process or several."""

import asyncio
import multiprocessing
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # a command loads what it needs when it runs
    import socket

    from entrypoints.settings.settings import Settings


def command(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on, in the place of API_HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port, in the place of API_PORT.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="How many processes share the work.")
    ] = 1,
) -> None:
    """Run the service.

    SIGTERM and Ctrl-C stop it: the answers at hand may end first, within the grace time.
    """
    from entrypoints.server.listener import listen
    from entrypoints.server.logs import configure_logging, log_uncaught
    from entrypoints.settings.loading import load_settings

    settings = load_settings()
    options = {"api_host": host, "api_port": port}
    changes = {name: value for name, value in options.items() if value is not None}
    settings = settings.model_copy(update=changes)
    configure_logging(settings)
    log_uncaught()
    with listen(settings.api_host, settings.api_port) as listener:
        _migrate_apart(settings)
        if workers == 1:
            _serve(settings, listener)
        else:
            asyncio.run(_supervise(settings, listener, workers))


def _migrate_apart(settings: "Settings") -> None:
    """Migrate the database in a subprocess, whose memory (28 MB) is freed when it ends.

    Where that is impossible or fails, the service migrates when it starts, and reports errors.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        return
    from entrypoints.server.lifecycle import prepare

    process = multiprocessing.get_context("fork").Process(target=prepare, args=(settings,))
    process.start()
    process.join()


def _serve(settings: "Settings", listener: "socket.socket") -> None:
    from entrypoints.server.main_loop import run_to_end
    from entrypoints.server.server import serve

    line = _line(listener)
    run_to_end(serve(settings, listener, lambda: typer.echo(line)))


async def _supervise(settings: "Settings", listener: "socket.socket", workers: int) -> None:
    from entrypoints.server.lifecycle import administered
    from entrypoints.server.start import require_answerers
    from entrypoints.server.supervisor import Supervisor
    from entrypoints.wiring.container import build

    line = _line(listener)
    # Creates tables and first administrator once for all workers, without plugins' code.
    async with administered(build(settings), typer.echo) as services:
        require_answerers(settings, services.models)
    await Supervisor(settings, listener, workers, lambda: typer.echo(line)).run()


def _line(listener: "socket.socket") -> str:
    from entrypoints.server.listener import address

    return f"Puerto listens on {address(listener)} (docs: /api/docs)"

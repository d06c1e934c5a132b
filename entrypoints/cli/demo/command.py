"""``puerto demo``: the command, which starts a service and runs the demonstration."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from entrypoints.cli.interrupts import until_interrupted

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from entrypoints.cli.demo.steps import Demonstration

GOODBYE: Final = """
That was all of it. Now for real:
  puerto serve                            start the service: http://127.0.0.1:8000
  http://127.0.0.1:8000/api/docs          its documentation, to read and to try
  puerto chat                             talk to it at this terminal
  OPENAI_API_KEY=... puerto serve         let a model of OpenAI answer; or ANTHROPIC_API_KEY,
                                          GEMINI_API_KEY; OPENAI_BASE_URL names other servers
  puerto doctor                           see what is configured, and what is missing"""


def command(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the data folder, and say where it is.")
    ] = False,
) -> None:
    """Show the service at work.

    A service of its own, a question, the events of its answer, and a second question that needs
    the first. It takes a few seconds, and no key, network or database.

    The exit status is 1 when an answer is not what it should be.
    """
    folder = tempfile.mkdtemp(prefix="puerto-demo-") if keep else None
    with tempfile.TemporaryDirectory(prefix="puerto-demo-") as temporary:
        succeeded = asyncio.run(until_interrupted(_take_all_steps(Path(folder or temporary))))
    if succeeded is None:
        raise KeyboardInterrupt
    if folder is not None:
        typer.echo(f"\nThe data folder is kept: PUERTO_DATA_DIR={folder}")
    if not succeeded:
        typer.echo("puerto: an answer was not what it should be", err=True)
        raise typer.Exit(1)
    typer.echo(GOODBYE)


async def _take_all_steps(folder: Path) -> bool:
    async with _service(folder) as demonstration:
        return await demonstration.run()


@asynccontextmanager
async def _service(folder: Path) -> "AsyncGenerator[Demonstration, None]":
    """Start a service on a free port of the loopback interface, and yield its demonstration."""
    from entrypoints.cli.demo.steps import Demonstration
    from entrypoints.server.in_process import in_process_server
    from entrypoints.server.lifecycle import running
    from entrypoints.server.logs import configure_logging
    from entrypoints.settings.loading import load_settings
    from entrypoints.wiring.container import build

    # Without the environment, so that the demonstration is the same everywhere.
    settings = load_settings({"PUERTO_DATA_DIR": str(folder), "PUERTO_GRACE_SECONDS": "1"}, None)
    configure_logging(settings, quiet=True)
    async with (
        running(build(settings), lambda _: None) as services,
        in_process_server(services) as url,
    ):
        yield Demonstration(url, folder)

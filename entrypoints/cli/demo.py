"""``puerto demo``: a conversation with the real service, with every step shown."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from types import FrameType

    from entrypoints.cli.demo_steps import Demonstration

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
    with tempfile.TemporaryDirectory(prefix="puerto-demo-") as passing:
        try:
            went_well = asyncio.run(_demonstrate(Path(folder or passing)))
        except asyncio.CancelledError:  # asyncio lost count of who cancelled
            raise KeyboardInterrupt from None
    if folder is not None:
        typer.echo(f"\nThe data folder is kept: PUERTO_DATA_DIR={folder}")
    if not went_well:
        typer.echo("puerto: an answer was not what it should be", err=True)
        raise typer.Exit(1)
    typer.echo(GOODBYE)


async def _demonstrate(folder: Path) -> bool:
    went_well = False
    with _noticing_interrupts() as interrupts:
        try:
            async with _service(folder) as demonstration:
                went_well = await demonstration.run()
        except (Exception, BaseExceptionGroup):
            if not interrupts:
                raise
    if interrupts:  # a Ctrl-C that a library kept to itself, or made an error of
        raise asyncio.CancelledError
    return went_well


@contextmanager
def _noticing_interrupts() -> Generator[list[int], None, None]:
    """Yield a list of the Ctrl-Cs that came, each of which asyncio handles as it does."""
    interrupts: list[int] = []
    handle = signal.getsignal(signal.SIGINT)

    def notice(number: int, frame: "FrameType | None") -> None:
        interrupts.append(number)
        if callable(handle):
            handle(number, frame)

    signal.signal(signal.SIGINT, notice)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, handle)


@asynccontextmanager
async def _service(folder: Path) -> "AsyncGenerator[Demonstration, None]":
    """Yield a demonstration of a service of its own, on a free port of the loopback interface."""
    from entrypoints.cli.demo_server import UnsignalledServer
    from entrypoints.cli.demo_steps import Demonstration
    from entrypoints.http.app import create_app
    from entrypoints.listener import address, listen
    from entrypoints.logs import configure_logging
    from entrypoints.server import server_config
    from entrypoints.service import running
    from entrypoints.settings import load_settings

    # Nothing of the environment: the demonstration is the same everywhere.
    settings = load_settings({"PUERTO_DATA_DIR": str(folder), "PUERTO_GRACE_SECONDS": "1"}, None)
    configure_logging(settings, quiet=True)
    async with running(settings, lambda _: None) as services:
        listener = listen("127.0.0.1", 0)
        server = UnsignalledServer(server_config(create_app(services), settings), services)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield Demonstration(address(listener), folder)
        finally:
            server.should_exit = True
            await serving

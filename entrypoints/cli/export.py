"""``puerto export``: what is stored, in a file that others can read."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from entrypoints.cli.clients.local import OWNER, with_services
from entrypoints.cli.program import program

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from entrypoints.wiring.services import Services

app = program("Write what is stored into a file.")


@app.callback()
def group() -> None:
    """Keep `user` a command of its own, though it is the only one."""


@app.command("user")
def user(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    file: Annotated[
        Path | None, typer.Argument(help="The file to make.", show_default="NAME.zip")
    ] = None,
) -> None:
    """Write everything of a user into one ZIP file, without secrets.

    It has a file of JSON lines for each kind of record, such as conversations.jsonl, and the files
    that tools made. Only its owner can read it.
    """

    async def work(services: "Services") -> None:
        from contextlib import aclosing

        from entrypoints.addresses import normal_login
        from entrypoints.server.lifecycle import user_named
        from entrypoints.user_archive import archived

        found = await user_named(services, normal_login(name))
        records = await services.accounts.export.records(OWNER, found.id)
        async with aclosing(records), aclosing(archived(records)) as parts:
            with _new(path) as target:
                async for part in parts:
                    target.write(part)

    path = file or Path(f"{Path(name).name}.zip")
    with_services(work)
    typer.echo(f"{path} has everything of {name} ({path.stat().st_size:,} bytes).")


def _new(path: Path) -> BinaryIO:
    """Open a new file, its owner's alone.

    Raises:
        Conflict: there is one already.
        Unavailable: it cannot be made.

    """
    from domain.shared.errors import Conflict, Unavailable

    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError as error:
        raise Conflict(f"{path} exists already: name another file.") from error
    except OSError as error:
        raise Unavailable(f"{path} cannot be made: {error.strerror}.") from error

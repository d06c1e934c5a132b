"""``puerto --version``."""

from typing import Annotated

import typer


def _show(wanted: bool) -> None:  # noqa: FBT001  typer calls it so
    if wanted:
        from entrypoints.settings.version import VERSION

        typer.echo(f"puerto {VERSION}")
        raise typer.Exit


def command(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Run a self-hosted agent server."""

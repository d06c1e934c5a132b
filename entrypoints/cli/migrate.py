"""``puerto migrate``: database migrations."""

import asyncio
from typing import Annotated

import typer


def command(
    *,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what is to be done, and change nothing.")
    ] = False,
) -> None:
    """Bring the database up to date.

    `puerto serve` does the same when it starts.
    """
    from adapters import persistence
    from entrypoints.server.lifecycle import make_data_folder
    from entrypoints.settings.loading import load_settings

    settings = load_settings()
    url = settings.direct_database.url
    if plan:
        names, word = asyncio.run(persistence.plan(url)), "to apply"
    else:
        make_data_folder(settings)
        names, word = asyncio.run(persistence.migrate(url)), "applied"
    for name in names:
        typer.echo(f"{word}: {name}")
    if not names:
        typer.echo("The database is up to date.")

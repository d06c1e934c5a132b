"""``puerto backup``: backup of the database to a file."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    file: Annotated[
        Path | None,
        typer.Argument(help="The file to make.", show_default="puerto-DATE-TIME in this folder"),
    ] = None,
) -> None:
    """Copy the database into one file, also while the service runs.

    SQLite needs no other program; PostgreSQL is copied by pg_dump, for pg_restore. The secrets in
    the data folder are not in it.
    """
    from datetime import UTC, datetime

    from adapters.persistence.engine.backup import backup, ending_of
    from entrypoints.settings.loading import load_settings

    settings = load_settings()
    url = settings.direct_database.url
    if file is None:
        file = Path(f"puerto-{datetime.now(UTC):%Y%m%d-%H%M%S}{ending_of(url)}")
    backup(url, file)
    typer.echo(f"{file} holds the database ({file.stat().st_size:,} bytes).")
    typer.echo(f"Not in it, and to be kept elsewhere: the secrets in {settings.data_dir}/secrets.")

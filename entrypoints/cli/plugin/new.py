"""``puerto plugin new``: creates a new plugin from the template."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer


def command(
    name: Annotated[str, typer.Argument(help="What to call the plugin, as in lunch-menu.")],
    into: Annotated[
        Path, typer.Option(help="The folder in which the plugin's own folder is made.")
    ] = Path(),
) -> None:
    """Make a new plugin: a package with two tools and tests that pass."""
    from plugins.template import PREFIX, new_plugin, plugin_name

    try:
        plugin = plugin_name(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    _refuse_taken(plugin)
    folder = into / f"{PREFIX}{plugin}"
    _write(folder, new_plugin(plugin))
    typer.echo(f"Made {folder}. Next:")
    typer.echo(f"  cd {folder}")
    typer.echo("  puerto plugin dev .         to serve it while you write it")
    typer.echo("  pip install -e '.[dev]'     into the environment of the service")
    typer.echo("  pytest")
    typer.echo("  puerto plugin check .")


def _refuse_taken(plugin: str) -> None:
    """Refuse a name that an installed plugin has.

    Raises:
        Conflict: such a plugin is installed.

    """
    from importlib.metadata import entry_points

    from domain.shared.errors import Conflict
    from plugins.authoring.hookspecs import PROJECT

    for entry in entry_points(group=PROJECT):
        if entry.name == plugin:
            owner = entry.dist.name if entry.dist is not None else entry.value
            raise Conflict(f"The plugin {plugin} is installed already, from {owner}.")


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files.

    Raises:
        Conflict: the folder exists already, or cannot be written.

    """
    from domain.shared.errors import Conflict

    try:
        folder.mkdir(parents=True)
        for path, text in texts.items():
            file = folder / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise Conflict(f"There is a {folder} already.") from error
    except OSError as error:
        raise Conflict(f"{folder} cannot be written: {error.strerror}.") from error

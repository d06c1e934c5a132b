"""What all commands have in common: their style, and errors told in one line."""

import sys
from typing import Any

import typer
from typer.core import TyperGroup


class Commands(TyperGroup):
    """Commands whose expected errors are one line on standard error, and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if (told := _told(error)) is None:
                raise
            line, status = told
            typer.echo(f"puerto: {line}", err=True)
            raise typer.Exit(status) from error


def _told(error: Exception) -> tuple[str, int] | None:
    """Return an error's line and exit status: 2 for a wrong setting, 1 for the rest of ours."""
    from domain.shared.errors import PuertoError

    if isinstance(error, PuertoError):
        return error.message, 1
    settings = sys.modules.get(
        "entrypoints.settings.settings"
    )  # only who has loaded it can raise its error
    if settings is not None and isinstance(error, settings.SettingsError):
        return str(error), 2
    return None


def program(words: str, *, completion: bool = False) -> typer.Typer:
    """Return a group of commands; the outermost one can complete its words in a shell."""
    return typer.Typer(
        help=words,
        cls=Commands,
        no_args_is_help=True,
        add_completion=completion,
        pretty_exceptions_enable=False,  # they would show the values of variables: secrets too
        rich_markup_mode=None,
    )

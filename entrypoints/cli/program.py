"""The command group of all commands, which prints expected errors in one line."""

import sys
from typing import Any

import typer
from typer.core import TyperGroup


class Commands(TyperGroup):
    """A group whose commands' expected errors become one line on standard error and a status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if (expected := _expected(error)) is None:
                raise
            line, status = expected
            typer.echo(f"puerto: {line}", err=True)
            raise typer.Exit(status) from error


def _expected(error: Exception) -> tuple[str, int] | None:
    """Return line and exit status of an expected error: 2 for a wrong setting, else 1; or None."""
    from domain.shared.errors import PuertoError

    if isinstance(error, PuertoError):
        return error.message, 1
    loading = sys.modules.get("entrypoints.settings.loading")  # only it raises its error
    if loading is not None and isinstance(error, loading.SettingsError):
        return str(error), 2
    return None


def program(help_text: str, *, completion: bool = False) -> typer.Typer:
    """Return a group of commands; ``completion`` adds options for shell completion."""
    return typer.Typer(
        help=help_text,
        cls=Commands,
        no_args_is_help=True,
        add_completion=completion,
        pretty_exceptions_enable=False,  # they would show the values of variables, also secret ones
        rich_markup_mode=None,
    )

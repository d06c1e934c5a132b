"""Lists at the terminal: aligned columns below a header, or JSON."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print the list as JSON.")]

_GAP: Final = "  "


def show(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    colours: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Print rows below the names of their columns.

    ``colours`` gives, by column, the colours of texts in it (as `typer.style` names them); they
    are left out where the output is no terminal.
    """
    from entrypoints.cli.screen import plain

    cells = [[plain(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    typer.echo(typer.style(_line([name.upper() for name in columns], widths), bold=True))
    for row in cells:
        padded = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        for at, (name, cell) in enumerate(zip(columns, row, strict=True)):
            colour = (colours or {}).get(name, {}).get(cell)
            if colour is not None:
                padded[at] = typer.style(padded[at], fg=colour)
        typer.echo(_GAP.join(padded).rstrip())


def show_json(value: Any) -> None:
    """Print a JSON value on one line."""
    from entrypoints.encoding import dump

    typer.echo(dump(value))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()

"""Output of lists: a table with aligned columns, or JSON."""

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
    from rich.cells import cell_len, set_cell_size

    from entrypoints.cli.screen import plain

    cells = [[plain(cell).replace("\n", " ") for cell in row] for row in rows]
    # Not `len`: characters of some scripts take two places, and some none.
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    header = [
        set_cell_size(name.upper(), width) for name, width in zip(columns, widths, strict=True)
    ]
    typer.echo(typer.style(_GAP.join(header).rstrip(), bold=True))
    for row in cells:
        padded = [set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)]
        for at, (name, cell) in enumerate(zip(columns, row, strict=True)):
            colour = (colours or {}).get(name, {}).get(cell)
            if colour is not None:
                padded[at] = typer.style(padded[at], fg=colour)
        typer.echo(_GAP.join(padded).rstrip())


def show_json(value: Any) -> None:
    """Print a JSON value on one line."""
    from entrypoints.encoding import dump

    typer.echo(dump(value))

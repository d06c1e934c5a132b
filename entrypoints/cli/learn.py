"""``puerto learn``: which tools an OpenAPI document gives."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from plugins.openapi.lowering import LoweredTool
    from plugins.openapi.reading import Skipped

_WRONG_USE: Final = 2


def command(
    spec: Annotated[
        str, typer.Argument(help="The document: a file in JSON or YAML, or - for standard input.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be learned, and learn nothing.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object a line, for programs.")
    ] = False,
) -> None:
    """Show which tools an OpenAPI document gives.

    Tells of each operation which tool it becomes, or why it is skipped. Needs no database, and
    fetches nothing: neither the document nor what it refers to.

    The exit status is 1 when the document cannot be read, or has operations and gives no tool.
    """
    if not dry_run:
        _fail("the command line only shows what would be learned: add --dry-run", _WRONG_USE)
    if "://" in spec:
        _fail("a document is read from a file or standard input: download it first", _WRONG_USE)
    from plugins.openapi.lowering import lower
    from plugins.openapi.reading import DocumentRefused, Skipped, read_document

    show = _line if json else _row
    tools = skipped = 0
    try:
        document = read_document(_read(spec), source="" if spec == "-" else spec)
        for each in lower(document):
            typer.echo(show(each))
            skipped += isinstance(each, Skipped)
            tools += not isinstance(each, Skipped)
    except DocumentRefused as error:
        if json:
            told = {"reason": error.reason, "pointer": error.pointer, "message": error.message}
            typer.echo(_dump({"refused": spec, **told}))
        _fail(error.message, 1)
    if not json:
        typer.echo(f"{tools} tools, {skipped} operations skipped")
    if skipped and not tools:
        _fail("none of the operations can be learned", 1)


def _fail(line: str, status: int) -> None:
    typer.echo(f"puerto: {line}", err=True)
    raise typer.Exit(status)


def _read(spec: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if spec == "-" else Path(spec).read_bytes()
    except OSError as error:
        typer.echo(f"puerto: {spec} cannot be read: {error.strerror}", err=True)
        raise typer.Exit(1) from error


def _line(each: "LoweredTool | Skipped") -> bytes:
    """Return a tool or a skipped operation as JSON."""
    from plugins.openapi.reading import Skipped

    if isinstance(each, Skipped):
        return _dump(
            {
                "skipped": each.operation,
                "reason": each.reason,
                "pointer": each.pointer,
                "message": each.message,
            }
        )
    return _dump(
        {
            "name": each.spec.name,
            "description": each.spec.description,
            "parameters": each.spec.parameters,
            "operation": each.operation.name,
            "tokens": each.tokens,
            "effect": each.spec.effect,
            "notes": each.notes,
        }
    )


def _dump(value: Any) -> bytes:
    import orjson

    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def _row(each: "LoweredTool | Skipped") -> str:
    """Return a tool or a skipped operation as a line for people."""
    from plugins.openapi.reading import Skipped

    if isinstance(each, Skipped):
        return f"skipped: {each.operation}  {each.message} ({each.pointer})"
    told = f"{each.spec.effect}, about {each.tokens} tokens"
    return f"{each.operation.name}  {each.spec.name}  ({told})"

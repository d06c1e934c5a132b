"""``puerto learn --dry-run``: lists the tools of a document without learning it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import typer

from entrypoints.cli.api.learning import document_of
from entrypoints.cli.api.strict import require_valid

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.learning.documents import Document as Given
    from plugins.openapi.lowering import LoweredTool
    from plugins.openapi.reading import OpenApiDocument, Skipped

_WRONG_USE: Final = 2


@dataclass(slots=True)
class _Summary:
    """Counts of a document's operations; ``keys`` are parameters that are credentials.

    ``suspects`` are arguments that look like credentials.
    """

    tools: int = 0
    skipped: int = 0
    keys: set[str] = field(default_factory=set)
    suspects: set[str] = field(default_factory=set)

    def add(self, each: "LoweredTool | Skipped") -> None:
        """Count a tool or a skipped operation."""
        from plugins.openapi.reading import Skipped

        if isinstance(each, Skipped):
            self.skipped += 1
            return
        self.tools += 1
        schemes = each.operation.schemes.items()
        self.keys |= {name for name, scheme in schemes if scheme.is_parameter}
        self.suspects.update(each.suspects)


def show_tools(spec: str, *, strict: bool, json: bool) -> None:
    """Print each operation and its tool, or why it is skipped; exit with 1 if there is no tool."""
    if "://" in spec:
        _fail("a document is read from a file or standard input: download it first", _WRONG_USE)
    from plugins.openapi.lowering import lower
    from plugins.openapi.reading import DocumentRefused

    given = document_of(spec)
    if strict:
        require_valid(spec, given, json=json)
    show = _line if json else _row
    summary = _Summary()
    try:
        for each in lower(_document(spec, given)):
            typer.echo(show(each))
            summary.add(each)
    except DocumentRefused as error:
        if json:
            refusal = {"reason": error.reason, "pointer": error.pointer, "message": error.message}
            typer.echo(_dump({"refused": spec, **refusal}))
        _fail(error.message, 1)
    if not json:
        _show_keys(summary.keys, summary.suspects)
        typer.echo(f"{summary.tools} tools, {summary.skipped} operations skipped")
    if not summary.tools:
        skipped = "none of the operations can be learned"
        _fail(skipped if summary.skipped else "it has no operations", 1)


def _show_keys(keys: set[str], suspects: set[str]) -> None:
    for key in sorted(keys):
        typer.echo(f"! {key!r} is a credential: no model is asked for it, give it with --auth")
    for argument in sorted(suspects):
        typer.echo(f"! {argument!r} looks like a credential: if it is, fix it with --fixed")


def _document(spec: str, given: "Given") -> "OpenApiDocument":
    """Read the document; of a bundle with its other files, without fetching anything."""
    from plugins.openapi.reading import read_document

    if not given.files:
        return read_document(given.data, source="" if spec == "-" else spec)
    import asyncio

    from domain.learning.documents import FOLDER
    from entrypoints.cli.api.specs import LARGEST
    from plugins.openapi.fetching import Fetcher

    fetcher = Fetcher(None, LARGEST, given.files)
    return read_document(
        given.data,
        source=FOLDER + quote(given.path),
        fetch=lambda url: asyncio.run(fetcher.fetch(url)),
    )


def _fail(line: str, status: int) -> None:
    typer.echo(f"puerto: {line}", err=True)
    raise typer.Exit(status)


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
    details = f"{each.spec.effect}, about {each.tokens} tokens"
    return f"{each.operation.name}  {each.spec.name}  ({details})"

"""``puerto learn``: learn an API, or see which tools its OpenAPI document gives."""

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from entrypoints.cli.api.learning import document_of, learn
from entrypoints.cli.api.options import Auth, BaseUrl, Effects, Exclude, Fixed, Include
from entrypoints.cli.api.strict import require_valid

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.learning.documents import Document as Given
    from plugins.openapi.lowering import LoweredTool
    from plugins.openapi.reading import Document, Skipped

_WRONG_USE: Final = 2


def command(
    spec: Annotated[
        str,
        typer.Argument(
            help="The document: a file in JSON or YAML, a folder or an archive (zip, tar) of such "
            "files, a URL, or - for standard input."
        ),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be learned, and learn nothing.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object a line, for programs.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Take the document only if it keeps the rules of its OpenAPI version; tell which "
            "it breaks, line by line.",
        ),
    ] = False,
    name: Annotated[str | None, typer.Option(help="What the API is called.")] = None,
    base_url: BaseUrl = None,
    include: Include = None,
    exclude: Exclude = None,
    auth: Auth = None,
    fixed: Fixed = None,
    effect: Effects = None,
    per_user: Annotated[
        bool, typer.Option("--per-user", help="Each user calls with credentials of their own.")
    ] = False,
) -> None:
    """Learn an API: its operations become tools. Running services follow within 2 seconds.

    With --dry-run, tells of each operation which tool it becomes, or why it is skipped. That needs
    no database, and fetches nothing: neither the document nor what it refers to.

    The exit status is 1 when the document cannot be read, is not valid (--strict), or gives no
    tool.
    """
    if not dry_run:
        learn(
            spec,
            name=name,
            base_url=base_url,
            include=include or (),
            exclude=exclude or (),
            auth=auth,
            fixed=fixed,
            effects=effect or (),
            per_user=per_user,
            strict=strict,
            json=json,
        )
        return
    if "://" in spec:
        _fail("a document is read from a file or standard input: download it first", _WRONG_USE)
    from plugins.openapi.lowering import lower
    from plugins.openapi.reading import DocumentRefused, Skipped

    given = document_of(spec)
    if strict:
        require_valid(spec, given, json=json)
    show = _line if json else _row
    tools = skipped = 0
    keys: set[str] = set()
    suspects: set[str] = set()
    try:
        document = _document(spec, given)
        for each in lower(document):
            typer.echo(show(each))
            if isinstance(each, Skipped):
                skipped += 1
            else:
                tools += 1
                schemes = each.operation.schemes.items()
                keys |= {name for name, scheme in schemes if scheme.is_parameter}
                suspects.update(each.suspects)
    except DocumentRefused as error:
        if json:
            told = {"reason": error.reason, "pointer": error.pointer, "message": error.message}
            typer.echo(_dump({"refused": spec, **told}))
        _fail(error.message, 1)
    if not json:
        _tell_of_keys(keys, suspects)
        typer.echo(f"{tools} tools, {skipped} operations skipped")
    if not tools:
        what = "none of the operations can be learned" if skipped else "it has no operations"
        _fail(what, 1)


def _tell_of_keys(keys: set[str], suspects: set[str]) -> None:
    for key in sorted(keys):
        typer.echo(f"! {key!r} is a credential: no model is asked for it, give it with --auth")
    for argument in sorted(suspects):
        typer.echo(f"! {argument!r} looks like a credential: if it is, fix it with --fixed")


def _document(spec: str, given: "Given") -> "Document":
    """Return the document, read; of a folder or an archive, with the files beside it."""
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
    told = f"{each.spec.effect}, about {each.tokens} tokens"
    return f"{each.operation.name}  {each.spec.name}  ({told})"

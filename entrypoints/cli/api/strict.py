"""``puerto learn --strict``: validation of a document, with a line for each finding."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

import typer

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.learning.documents import Document
    from domain.learning.findings import DocumentReport


def require_valid(spec: str, document: "Document", *, json: bool) -> None:
    """Validate a document without fetching anything; if it has findings, exit with status 1."""
    from domain.learning.documents import FOLDER
    from entrypoints.cli.api.specs import LARGEST
    from plugins.openapi.reader import ProcessReader

    source = FOLDER + quote(document.path) if document.files else ""
    check = ProcessReader(LARGEST).check(document.data, source, document.files)
    if (report := asyncio.run(check)).findings:
        refuse(spec, document, report, json=json)


def refuse(spec: str, document: "Document", report: "DocumentReport", *, json: bool) -> NoReturn:
    """Print the findings, as compilers do or as JSON, and exit with status 1."""
    import orjson

    for each in report.findings:
        file = each.file or document.path
        path = f"{spec.rstrip('/')}/{file}" if document.files else each.file or spec
        if json:
            record = {"finding": each.rule, **asdict(each), "file": path}
            del record["rule"]
            typer.echo(orjson.dumps(record))
        else:
            what = f"{each.message} [{each.rule}] {each.pointer}"
            typer.echo(f"{path}:{each.line}:{each.column}: {what}".rstrip())
    count = f"{len(report.findings)}{' and more' if report.more else ''}"
    typer.echo(f"puerto: {spec} is not valid; things that are wrong: {count}", err=True)
    raise typer.Exit(1)

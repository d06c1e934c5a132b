"""``puerto learn --strict``: what is wrong with a document, a line for each thing."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

import typer

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.learning.documents import Document
    from domain.learning.findings import DocumentReport


def require_valid(spec: str, document: "Document", *, json: bool) -> None:
    """End the command, and tell why, if a document breaks rules; nothing is fetched for that."""
    from domain.learning.documents import FOLDER
    from entrypoints.cli.api.specs import LARGEST
    from plugins.openapi.reader import ProcessReader

    source = FOLDER + quote(document.path) if document.files else ""
    check = ProcessReader(LARGEST).check(document.data, source, document.files)
    if (report := asyncio.run(check)).findings:
        refuse(spec, document, report, json=json)


def refuse(spec: str, document: "Document", report: "DocumentReport", *, json: bool) -> NoReturn:
    """Tell what is wrong with a document, as compilers do or as JSON, and end with status 1."""
    import orjson

    for each in report.findings:
        file = each.file or document.path
        path = f"{spec.rstrip('/')}/{file}" if document.files else each.file or spec
        if json:
            told = {"finding": each.rule, **asdict(each), "file": path}
            del told["rule"]
            typer.echo(orjson.dumps(told))
        else:
            what = f"{each.message} [{each.rule}] {each.pointer}"
            typer.echo(f"{path}:{each.line}:{each.column}: {what}".rstrip())
    count = f"{len(report.findings)}{' and more' if report.more else ''}"
    typer.echo(f"puerto: {spec} is not valid; things that are wrong: {count}", err=True)
    raise typer.Exit(1)

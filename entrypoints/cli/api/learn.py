"""``puerto learn``: learn an API, or (``--dry-run``) list the tools of its OpenAPI document."""

from typing import Annotated

import typer

from entrypoints.cli.api.dry_run import show_tools
from entrypoints.cli.api.learning import learn
from entrypoints.cli.api.options import Auth, BaseUrl, Effects, Exclude, Fixed, Include


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
    if dry_run:
        show_tools(spec, strict=strict, json=json)
        return
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

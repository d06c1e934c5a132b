"""``puerto api``: administration of the learned APIs in the local data."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import typer

from entrypoints.cli.api import change as api_change
from entrypoints.cli.clients.local import with_services
from entrypoints.cli.program import program
from entrypoints.cli.tables import AsJson, show, show_json

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.learning.api.learned_api import LearnedApi
    from domain.learning.diff.changes import Diff
    from domain.learning.drafts import Draft
    from entrypoints.wiring.services import Services

_MOST: Final = 20  # changes of a kind that are printed

app = program("Look after the learned APIs. `puerto learn` learns one.")
app.command("change")(api_change.command)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The API's name, or its id.")]


@app.command("list")
def list_apis(*, as_json: AsJson = False) -> None:
    """List the learned APIs, the oldest first."""
    apis = with_services(_all, with_plugins=True)
    rows = [
        {
            "name": api.name,
            "tools": str(api.tools),
            "operations": str(api.endpoints),
            "read": f"{api.learned_at:%Y-%m-%d %H:%M}",
            "state": "waiting" if api.waiting else "problem" if api.problem else "active",
            "source": api.source or "(sent)",
        }
        for api in apis
    ]
    if as_json:
        more = [{"id": api.id, "problem": api.problem} for api in apis]
        show_json([row | other for row, other in zip(rows, more, strict=True)])
        return
    columns = ("name", "tools", "operations", "read", "state", "source")
    colours = {"state": {"waiting": "yellow", "problem": "red"}}
    show(columns, [[row[column] for column in columns] for row in rows], colours)


@app.command("refresh")
def refresh(
    name: Name,
    spec: Annotated[
        str | None,
        typer.Argument(
            metavar="[DOCUMENT]",
            help="The new document, as `puerto learn` takes it; if none, the one at its address.",
        ),
    ] = None,
    *,
    accept: Annotated[
        bool, typer.Option("--accept", help="Use the new version, whatever it breaks.")
    ] = False,
) -> None:
    """Read an API's document again, and tell what changed.

    What breaks nothing is in use at once. If something breaks, the new version waits, until it is
    accepted with --accept or over REST.
    """
    draft = with_services(
        lambda services: _refreshed(services, name, spec, accept=accept), with_plugins=True
    )
    api = draft.api
    typer.echo(f"{draft.event} {api.name}: tools: {api.tools}, operations: {api.endpoints}")
    if draft.diff is not None:
        _print_diff(draft.diff)
    if api.waiting:
        typer.echo("! The new version breaks something, and waits: puerto api refresh --accept")


@app.command("forget")
def forget(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget an API, its tools, and all credentials for it."""
    if not yes:
        typer.confirm(f"Forget {name}, its tools and its credentials?", abort=True)
    api = with_services(lambda services: _forgotten(services, name), with_plugins=True)
    typer.echo(f"Forgot {api.name}. Running services follow within 2 seconds.")


def _print_diff(diff: "Diff") -> None:
    kinds = {
        "added": diff.added,
        "changed": diff.changed,
        "breaks": diff.breaking,
        "gone": diff.gone,
    }
    for kind, changes in kinds.items():
        for change in changes[:_MOST]:
            what = f": {'; '.join(change.what)}" if change.what else ""
            typer.echo(f"{kind} {change.tool} ({change.operation}){what}")
        if len(changes) > _MOST:
            typer.echo(f"{kind} {len(changes) - _MOST} more")
    if not diff:
        typer.echo("Nothing changed.")


async def _all(services: "Services") -> "list[LearnedApi]":
    return list(await services.learned_apis.all())


async def _refreshed(services: "Services", name: str, spec: str | None, *, accept: bool) -> "Draft":
    from entrypoints.cli.api.learning import document_of, named
    from entrypoints.cli.clients.embedded import LOCAL_USER
    from entrypoints.server.lifecycle import user_named

    api, user = await named(services, name), await user_named(services, LOCAL_USER)
    learning, changes = services.apis.learning, services.apis.changes
    document = None if spec is None else await asyncio.to_thread(document_of, spec)
    if not (accept and api.waiting and document is None):
        draft = await learning.refresh(user, api.id, document)
        await changes.take_over(draft)
        if not (accept and draft.api.waiting):
            return draft
    draft = await learning.accept(user, api.id)
    await changes.take_over(draft)
    return draft


async def _forgotten(services: "Services", name: str) -> "LearnedApi":
    from entrypoints.cli.api.learning import named

    api = await named(services, name)
    await services.apis.changes.forget(api.id)
    return api

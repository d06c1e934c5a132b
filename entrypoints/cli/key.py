"""``puerto key``: the API keys of the users in the local data."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from domain.accounts.api_keys import Scope
from entrypoints.cli.clients.local import with_services
from entrypoints.cli.program import program
from entrypoints.cli.tables import AsJson, show, show_json

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.accounts.api_keys import ApiKey
    from entrypoints.wiring.services import Services

app = program("Manage the API keys of users, which programs use.")

User = Annotated[str, typer.Argument(help="The user whose key it is.")]


@app.command("add")
def add(
    user: User,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may be used for; several are possible.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until it ends. Not given: no end.")
    ] = None,
) -> None:
    """Make a key, and print it, this once. Without --scope it may chat."""

    async def work(services: "Services") -> str:
        from entrypoints.server.lifecycle import user_named

        end = None if days is None else services.clock.now() + timedelta(days=days)
        scopes = frozenset(scope or [Scope.CHAT])
        _, key = await services.api_keys.make(await user_named(services, user), name, scopes, end)
        return key

    typer.echo(with_services(work))


@app.command("list")
def list_keys(user: User, *, as_json: AsJson = False) -> None:
    """List a user's keys."""

    async def work(services: "Services") -> "list[ApiKey]":
        from entrypoints.server.lifecycle import user_named

        return await services.api_keys.all(await user_named(services, user))

    keys = with_services(work)
    if as_json:
        from entrypoints.http.routes.accounts.api_keys import api_key_view

        show_json([api_key_view(each) for each in keys])
        return
    rows = [
        [
            each.id,
            each.name,
            f"{each.beginning}...{each.ending}",
            " ".join(each.scopes),
            f"{each.expires_at:%Y-%m-%d}" if each.expires_at else "-",
            f"{each.last_used_at:%Y-%m-%d %H:%M}" if each.last_used_at else "never",
        ]
        for each in keys
    ]
    show(["id", "name", "key", "scopes", "ends", "used"], rows, {})


@app.command("revoke")
def revoke(user: User, key_id: Annotated[str, typer.Argument(help="Its id, from `list`.")]) -> None:
    """Revoke a key. Running services follow within 5 seconds."""

    async def work(services: "Services") -> None:
        from entrypoints.server.lifecycle import user_named

        await services.api_keys.revoke(await user_named(services, user), key_id)

    with_services(work)
    typer.echo("Revoked. Running services follow within 5 seconds.")

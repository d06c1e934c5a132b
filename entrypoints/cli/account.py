"""``puerto account``: list, connect and disconnect one's own accounts at services."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from entrypoints.cli.clients.client import Login, Token
from entrypoints.cli.program import program
from entrypoints.cli.tables import AsJson, show, show_json

if TYPE_CHECKING:
    from entrypoints.cli.clients.remote import RemoteClient

T = TypeVar("T")

app = program("Connect your own accounts at services that tools use in your name.")

ADDRESS: Final = "/api/connected-accounts"
Service = Annotated[
    str | None,
    typer.Option("--url", help="The running service. Without one, that of the settings."),
]
Plugin = Annotated[str, typer.Argument(help="The plugin, as `list` shows it.")]
Name = Annotated[str, typer.Argument(help="The account, as `list` shows it.")]


@app.command("list")
def list_accounts(
    *, as_json: AsJson = False, url: Service = None, token: Token = None, login: Login = None
) -> None:
    """List the accounts that plugins ask for, and those that you have connected."""
    accounts = _with_client(url, token, login, _accounts)
    if as_json:
        show_json(accounts)
        return
    columns = ("plugin", "name", "title", "state", "problem")
    colours = {"state": {"connected": "green"}}
    show(columns, [[account[column] for column in columns] for account in accounts], colours)


@app.command("connect")
def connect(
    plugin: Plugin, name: Name, url: Service = None, token: Token = None, login: Login = None
) -> None:
    """Connect an account: in a browser, or with a key of yours, which is asked for."""

    async def work(client: "RemoteClient") -> str:
        place = f"{ADDRESS}/{plugin}/{name}"
        if await _takes_key(client, plugin, name):
            key = typer.prompt("Key", hide_input=True, err=True)
            await client.put(place, {"key": key})
            return "Connected."
        begun = await client.post(f"{place}/connect", {})
        minutes = begun["expires_in"] // 60
        return f"Open this in a browser, within {minutes} minutes:\n{begun['authorize_url']}"

    typer.echo(_with_client(url, token, login, work))


@app.command("disconnect")
def disconnect(
    plugin: Plugin, name: Name, url: Service = None, token: Token = None, login: Login = None
) -> None:
    """Disconnect an account: what is kept of it is deleted."""
    _with_client(url, token, login, lambda client: client.delete(f"{ADDRESS}/{plugin}/{name}"))
    typer.echo("Disconnected.")


async def _accounts(client: "RemoteClient") -> list[dict[str, Any]]:
    accounts: list[dict[str, Any]] = (await client.get(ADDRESS))["accounts"]
    return accounts


async def _takes_key(client: "RemoteClient", plugin: str, name: str) -> bool:
    return any(
        (each["plugin"], each["name"], each["kind"]) == (plugin, name, "key")
        for each in await _accounts(client)
    )


def _with_client(
    url: str | None,
    token: str | None,
    login: str | None,
    work: Callable[["RemoteClient"], Awaitable[T]],
) -> T:
    from entrypoints.cli.chat.session import credentials
    from entrypoints.cli.clients.remote import remote
    from entrypoints.settings.loading import load_settings

    service = url or load_settings().public_address
    if not service:
        raise typer.BadParameter("where does the service run?", param_hint="--url")
    password = credentials(service, token, login)

    async def run() -> T:
        async with remote(service, token, login or "", password) as client:
            return await work(client)

    return asyncio.run(run())

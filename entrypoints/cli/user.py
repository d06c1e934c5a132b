"""``puerto user``: administration of the accounts in the local data."""

import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from domain.accounts.users import Role, User
from entrypoints.cli.clients.local import OWNER, with_services
from entrypoints.cli.program import program
from entrypoints.cli.tables import AsJson, show, show_json

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from domain.accounts.administration import SeenUser, UserAdministration
    from entrypoints.wiring.services import Services

MIN_PASSWORD: Final = 8
_PAGE: Final = 100

app = program("Manage the users.")

Name = Annotated[str, typer.Argument(help="The user's name.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
Generate = Annotated[
    bool, typer.Option("--generate", help="Make a random password, and print it once.")
]


@app.command("add")
def add(
    name: Name,
    email: Annotated[str, typer.Option(help="The user's e-mail address.")],
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.USER,
    full_name: Annotated[str | None, typer.Option(help="The name to show.")] = None,
    *,
    password_stdin: FromStdin = False,
    generate: Generate = False,
) -> None:
    """Make a user. The password is asked for, unless an option says where it comes from."""
    name, email = _checked(name, email)
    password = _password(from_stdin=password_stdin, generate=generate)
    user = with_services(
        lambda services: services.authentication.add_user(
            name, email, full_name or name, password, role
        )
    )
    typer.echo(f"Made {user.username} ({user.role}).")
    _show(password, shown=generate)


@app.command("list")
def list_users(*, as_json: AsJson = False) -> None:
    """List the users."""
    users = with_services(_all)
    rows = [
        {
            "name": each.user.username,
            "role": each.user.role.value,
            "state": "disabled" if each.user.is_disabled else "active",
            "since": f"{each.user.created_at:%Y-%m-%d}",
            "seen": f"{each.last_seen_at:%Y-%m-%d %H:%M}" if each.last_seen_at else "-",
            "email": each.user.email,
        }
        for each in users
    ]
    if as_json:
        show_json([row | {"id": each.user.id} for row, each in zip(rows, users, strict=True)])
        return
    columns = ("name", "role", "state", "since", "seen", "email")
    colours = {"role": {"admin": "red", "operator": "yellow"}, "state": {"disabled": "yellow"}}
    show(columns, [[row[column] for column in columns] for row in rows], colours)


@app.command("role")
def role(name: Name, role: Annotated[Role, typer.Argument(help="The new role.")]) -> None:
    """Give a user another role, from the next request on."""
    user = _administered(name, lambda users, it: users.change(OWNER, it.id, role=role))
    typer.echo(f"{user.username} is {user.role} now.")


@app.command("disable")
def disable(name: Name) -> None:
    """Let a user in no more: sessions end, runs are cancelled. What is theirs stays."""
    user = _administered(name, lambda users, it: users.change(OWNER, it.id, is_disabled=True))
    typer.echo(f"Disabled {user.username}. To let them in again: puerto user enable {name}")


@app.command("enable")
def enable(name: Name) -> None:
    """Let a disabled user log in again."""
    user = _administered(name, lambda users, it: users.change(OWNER, it.id, is_disabled=False))
    typer.echo(f"Enabled {user.username}.")


@app.command("delete")
def delete(
    name: Name, *, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a user with all that is theirs, which takes some seconds. It cannot be undone."""
    if not yes:
        typer.confirm(f"Delete {name} and everything that is theirs?", abort=True, err=True)
    user = _administered(name, lambda users, it: users.remove(OWNER, it.id))
    typer.echo(f"Deleted {user.username}.")


@app.command("logout")
def log_out(name: Name) -> None:
    """End all sessions of a user. Running services follow within 5 seconds."""
    user = _administered(name, lambda users, it: users.log_out(OWNER, it.id))
    typer.echo(f"Ended all sessions of {user.username}.")


@app.command("reset")
def reset(name: Name) -> None:
    """Make a token by which a user sets a new password, once, within an hour, and print it."""

    async def work(services: "Services") -> str:
        user = await _found(services, name)
        token, _ = await services.accounts.passwords.allow_reset(OWNER, user.id)
        return token

    typer.echo(with_services(work))


@app.command("passwd")
def passwd(name: Name, *, password_stdin: FromStdin = False, generate: Generate = False) -> None:
    """Change a user's password, which ends all of that user's sessions."""
    password = _password(from_stdin=password_stdin, generate=generate)
    with_services(lambda services: _change(services, name, password))
    typer.echo(f"Changed the password of {name}.")
    _show(password, shown=generate)


async def _all(services: "Services") -> "list[SeenUser]":
    administration = services.accounts.administration
    page = await administration.find(OWNER, _PAGE, None)
    users = list(page.items)
    while page.next_cursor is not None:
        page = await administration.find(OWNER, _PAGE, page.next_cursor)
        users += page.items
    return users


async def _change(services: "Services", name: str, password: str) -> None:
    from domain.shared.errors import NotFound
    from entrypoints.addresses import normal_login

    if await services.accounts.passwords.change(normal_login(name), password) is None:
        raise NotFound(f"There is no user {name}.")


def _administered(
    name: str, change: "Callable[[UserAdministration, User], Awaitable[User]]"
) -> User:
    """Change the user of that name or address, and return the changed user."""

    async def work(services: "Services") -> User:
        return await change(services.accounts.administration, await _found(services, name))

    return with_services(work)


async def _found(services: "Services", name: str) -> User:
    """Return the user of that name or address.

    Raises:
        NotFound: there is none.

    """
    from entrypoints.addresses import normal_login
    from entrypoints.server.lifecycle import user_named

    return await user_named(services, normal_login(name))


def _checked(name: str, email: str) -> tuple[str, str]:
    """Validate name and e-mail address, and return them normalized as for a login."""
    from entrypoints.addresses import normal_address, normal_login

    if not name.isprintable() or not name.strip() or " " in name:
        raise typer.BadParameter("a user's name has no spaces and no control characters")
    try:
        return normal_login(name), normal_address(email)
    except ValueError as error:
        raise typer.BadParameter(f"{email} is not an e-mail address") from error


def _password(*, from_stdin: bool, generate: bool) -> str:
    if from_stdin and generate:
        raise typer.BadParameter("--password-stdin and --generate exclude each other")
    if generate:
        return secrets.token_urlsafe(15)
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) < MIN_PASSWORD:
        raise typer.BadParameter(f"a password has at least {MIN_PASSWORD} characters")
    if not password.strip():
        raise typer.BadParameter("a password must not be blank")
    return password


def _show(password: str, *, shown: bool) -> None:
    if shown:
        typer.echo(f"Password (shown only now): {password}")

"""``puerto user``: accounts, for whoever can read the data."""

import asyncio
import secrets
import sys
from typing import Annotated, Final

import typer

from domain.identity import Role, User
from entrypoints.cli.program import program

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
    user = asyncio.run(_add(name, email, full_name or name, password, role))
    typer.echo(f"Made {user.username} ({user.role}).")
    _show(password, shown=generate)


@app.command("list")
def list_users() -> None:
    """List the users."""
    users = asyncio.run(_all())
    width = max((len(user.username) for user in users), default=0)
    for user in users:
        made = f"{user.created_at:%Y-%m-%d}"
        typer.echo(f"{user.username:<{width}}  {user.role:<8}  {made}  {user.email}")


@app.command("passwd")
def passwd(name: Name, *, password_stdin: FromStdin = False, generate: Generate = False) -> None:
    """Change a user's password, which ends all of that user's sessions."""
    password = _password(from_stdin=password_stdin, generate=generate)
    asyncio.run(_change(name, password))
    typer.echo(f"Changed the password of {name}.")
    _show(password, shown=generate)


async def _add(name: str, email: str, full_name: str, password: str, role: Role) -> User:
    from entrypoints.cli.embedded import installation

    async with installation() as services:
        return await services.authentication.add_user(name, email, full_name, password, role)


async def _all() -> list[User]:
    from entrypoints.cli.embedded import installation

    users: list[User] = []
    async with installation() as services:
        page = await services.users.page(_PAGE, None)
        users += page.items
        while page.next_cursor is not None:
            page = await services.users.page(_PAGE, page.next_cursor)
            users += page.items
    return users


async def _change(name: str, password: str) -> None:
    from domain.errors import NotFound
    from entrypoints.addresses import normal_login
    from entrypoints.cli.embedded import installation

    async with installation() as services:
        if await services.authentication.change_password(normal_login(name), password) is None:
            raise NotFound(f"There is no user {name}.")


def _checked(name: str, email: str) -> tuple[str, str]:
    """Return the name and the address as they are looked up at a login."""
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

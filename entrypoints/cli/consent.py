"""``puerto consent``: list and answer consent requests."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from entrypoints.cli.clients.client import ConsentLine, Json, Login, Token, Url
from entrypoints.cli.json_options import json_object
from entrypoints.cli.program import program
from entrypoints.cli.tables import AsJson, show, show_json

if TYPE_CHECKING:
    from domain.consents.replies import ConsentReply

T = TypeVar("T")

app = program("See what waits for your consent, and answer.")

RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request, as `list` shows it.")]


_DONE: Final = "{}. A service that runs goes on with the run."


class Outcome(StrEnum):
    """The outcome of an interrupted call."""

    DONE = "done"
    NOT_DONE = "not-done"
    TRY_AGAIN = "try-again"


@app.command("list")
def list_consents(
    *, as_json: AsJson = False, url: Url = None, token: Token = None, login: Login = None
) -> None:
    """List the requests that wait for you, the newest first."""
    requests = _with_line(url, token, login, lambda line: line.consents())
    if as_json:
        show_json(requests)
        return
    rows = [row for request in requests for row in _rows(request)]
    colours = {"effect": {"destructive": "red", "write": "yellow"}}
    show(["id", "asks for", "effect", "until", "what"], rows, colours)


def _rows(request: Json) -> Iterator[list[str]]:
    """Yield the row of a request, and one for each line of the tool's own preview."""
    until = request["expires_at"][:16]
    yield [request["id"], request["kind"], request["effect"], until, request["preview"]]
    for line in request["preview_lines"]:
        yield ["", "", "", "", f"  {line['kind']}: {line['text']}"]
    for name in request["confirm"]:
        yield ["", "", "", "", f"  approve with: --confirm {name}=..."]


@app.command("approve")
def approve(
    request_id: RequestId,
    arguments: Annotated[
        str | None, typer.Option(metavar="JSON", help="Run it with these arguments instead.")
    ] = None,
    confirm: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An argument that must be typed again."),
    ] = None,
    url: Url = None,
    token: Token = None,
    login: Login = None,
) -> None:
    """Let a call run, once, as it was asked for or with other arguments."""
    from domain.consents.replies import ConsentReply

    params = None if arguments is None else json_object(arguments, "--arguments")
    typed = dict(each.partition("=")[::2] for each in confirm or ())
    reply = ConsentReply(approved=True, params=params, confirm=typed or None)
    _answer(request_id, reply, "Approved", url, token, login)


@app.command("answer")
def answer(
    request_id: RequestId,
    values: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="The values. Without them each field is asked for."),
    ] = None,
    url: Url = None,
    token: Token = None,
    login: Login = None,
) -> None:
    """Answer what a tool asks you."""
    from domain.consents.replies import ConsentReply

    given = None if values is None else json_object(values, "--values")

    async def work(line: ConsentLine) -> None:
        filled = given if given is not None else _filled(await line.consents(), request_id)
        await line.consent(request_id, ConsentReply(approved=True, values=filled))

    _with_line(url, token, login, work)
    typer.echo(_DONE.format("Answered"))


def _filled(waiting: Sequence[Json], request_id: str) -> Json:
    """Let the person fill in the form of a request; one without a form has no values."""
    from entrypoints.cli.chat.forms import fill_in
    from entrypoints.cli.chat.reading import read_line
    from entrypoints.cli.screen import plain

    request = next((each for each in waiting if each["id"] == request_id), None)
    if request is None or "schema" not in request:
        raise typer.BadParameter("no request of that id waits for values", param_hint="ID")
    typer.echo(plain(request["message"]))
    return fill_in(request["schema"], read_line, typer.echo)


@app.command("deny")
def deny(
    request_id: RequestId,
    reason: Annotated[str, typer.Option(help="Why: the agent is told.")] = "",
    url: Url = None,
    token: Token = None,
    login: Login = None,
) -> None:
    """Let a call not run, or decline what a tool asks. The agent is told."""
    from domain.consents.replies import ConsentReply

    _answer(request_id, ConsentReply(reason=reason), "Denied", url, token, login)


@app.command("outcome")
def outcome(
    request_id: RequestId,
    what: Annotated[Outcome, typer.Argument(help="What became of the call.")],
    url: Url = None,
    token: Token = None,
    login: Login = None,
) -> None:
    """Say what became of a call that was interrupted."""
    from domain.consents.consent import ConsentStatus
    from domain.consents.replies import ConsentReply

    reply = ConsentReply(outcome=ConsentStatus(what.replace("-", "_")))
    _answer(request_id, reply, "Noted", url, token, login)


def _answer(
    request_id: str,
    reply: "ConsentReply",
    done: str,
    url: str | None,
    token: str | None,
    login: str | None,
) -> None:
    with_tools = reply.params is not None
    _with_line(
        url, token, login, lambda line: line.consent(request_id, reply), with_tools=with_tools
    )
    typer.echo(_DONE.format(done))


def _with_line(
    url: str | None,
    token: str | None,
    login: str | None,
    work: Callable[[ConsentLine], Awaitable[T]],
    *,
    with_tools: bool = False,
) -> T:
    from entrypoints.cli.chat.session import credentials

    password = credentials(url, token, login)

    async def run() -> T:
        async with _line(url, token, login or "", password, with_tools=with_tools) as line:
            return await work(line)

    return asyncio.run(run())


@asynccontextmanager
async def _line(
    url: str | None, token: str | None, login: str, password: str, *, with_tools: bool
) -> AsyncGenerator[ConsentLine, None]:
    if url is None:
        from entrypoints.cli.clients.embedded import consent_line

        async with consent_line(with_tools=with_tools) as local:
            yield local
    else:
        from entrypoints.cli.clients.remote import remote

        async with remote(url, token, login, password) as far:
            yield far

"""``puerto ask``: one question and its answer."""

from collections.abc import Mapping
from typing import Annotated, Final

import typer

from entrypoints.cli.clients.client import Continued, Json, Login, Token, Url

_WAITING: Final = 3
_YES: Final[tuple[str, Json]] = ("approve", {"approved": True})
_ANSWERS: Final[Mapping[str, tuple[str, Json]]] = {
    "outcome": ("outcome", {"outcome": "done"}),
    "input": ("answer", {"approved": True, "values": {}}),
}
_INTERRUPTED: Final = 130  # the convention of shells: 128 and the number of SIGINT


def command(
    question: Annotated[str, typer.Argument(help="What to ask.")],
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print the events, one JSON object a line.")
    ] = False,
    conversation: Continued = None,
    url: Url = None,
    token: Token = None,
    login: Login = None,
) -> None:
    """Ask one question and print the answer.

    The exit status is 1 when there is no answer, 3 when the answer waits for your consent; standard
    error says why, and how to give it.
    """
    from entrypoints.cli.chat.session import session
    from entrypoints.cli.screen import plain

    with session(url, token, login) as line:
        turn = line.ask(question, conversation, _print_json if json else _keep_quiet)
    if turn.answer and not json:
        typer.echo(plain(turn.answer))
    if turn.is_waiting:
        for request in turn.requests:
            typer.echo(_how_to_answer(request), err=True)
        raise typer.Exit(_WAITING)
    if turn.status == "cancelled":
        raise typer.Exit(_INTERRUPTED)
    if turn.status != "completed":
        typer.echo(f"puerto: {turn.error or turn.status}", err=True)
        raise typer.Exit(1)


def _how_to_answer(request: Json) -> str:
    from entrypoints.cli.screen import as_line, plain

    command, reply = _ANSWERS.get(request["kind"], _YES)
    if request["confirm"]:
        reply = {**reply, "confirm": dict.fromkeys(request["confirm"], "...")}
    answer = as_line({"consent_request_id": request["id"]} | reply)
    typed = "".join(f" --confirm {plain(name)}=..." for name in request["confirm"])
    return (
        f"puerto: the run waits for your consent: {plain(request['preview'])}"
        f" ({request['reason']}). Answer with: puerto consent {command} {request['id']}{typed}"
        f", or with: POST /api/chat/consent {answer}"
    )


def _print_json(event: Json) -> None:
    from entrypoints.encoding import dump

    typer.echo(dump(event))


def _keep_quiet(event: Json) -> None:
    """Show nothing before the whole answer: a piece may still be withdrawn."""

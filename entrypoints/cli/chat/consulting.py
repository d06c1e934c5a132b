"""Dialogue about a consent request at the terminal."""

import json
from collections.abc import Callable
from typing import Any, Final

from domain.consents.consent import ConsentStatus
from domain.consents.replies import ConsentReply
from entrypoints.cli.chat.forms import fill_in
from entrypoints.cli.chat.reading import Read
from entrypoints.cli.clients.client import Json

MAY_IT_RUN: Final = "May it run? [y]es, [e]dit, anything else is a no: "
WHAT_BECAME: Final = "It was interrupted. [d]one, [n]ot done, [t]ry again, anything else: unknown: "
DO_YOU_ANSWER: Final = "The tool asks you. Do you answer? [y]es, anything else is a no: "
CONNECTED: Final = (
    "Connect it at the running service: puerto account connect {plugin} {account}\n"
    "The tool goes on then. [y]es: it is connected, anything else is a no: "
)
YES_OR_NO: Final = "The tool asks you. [y]es, anything else is a no: "
WHY_NOT: Final = "Why not? The agent is told. (Enter for no reason): "
AGAIN: Final = "Type {} again, to confirm it: "
WHICH: Final = "Its arguments, as JSON (empty: back to the question): "

_OUTCOMES: Final = {
    "d": ConsentStatus.DONE,
    "n": ConsentStatus.NOT_DONE,
    "t": ConsentStatus.TRY_AGAIN,
}


def consult(request: Json, read: Read, tell: Callable[[str], object]) -> ConsentReply:
    """Ask the person by ``read``, print errors by ``tell``, and return their reply.

    Raises:
        EOFError: the input has ended.
        KeyboardInterrupt: the person does not want to answer now.

    """
    if request["kind"] == "outcome":
        return ConsentReply(outcome=_OUTCOMES.get(read(WHAT_BECAME).lower()[:1]))
    if "message" in request:
        return _answered(request, read, tell)
    while True:
        match read(MAY_IT_RUN).lower():
            case "y" | "yes":
                return ConsentReply(approved=True, confirm=_typed(request, read))
            case "e" | "edit":
                if (arguments := _arguments(request["params"], read, tell)) is not None:
                    typed = _typed(request, read)
                    return ConsentReply(approved=True, params=arguments, confirm=typed)
            case _:
                return ConsentReply(reason=read(WHY_NOT))


def _answered(request: Json, read: Read, tell: Callable[[str], object]) -> ConsentReply:
    """Put the question of a tool, and return the reply; one without a form is a yes or no."""
    schema = request.get("schema")
    if read(_prompt(request)).lower() not in {"y", "yes"}:
        return ConsentReply(reason=read(WHY_NOT))
    values = None if schema is None else fill_in(schema, read, tell)
    return ConsentReply(approved=True, values=values)


def _prompt(request: Json) -> str:
    if request["kind"] == "connect_account":
        return CONNECTED.format(plugin=request["plugin"], account=request["account"])
    return DO_YOU_ANSWER if "schema" in request else YES_OR_NO


def _typed(request: Json, read: Read) -> dict[str, str] | None:
    """Let the person type the arguments that must be confirmed; None if there are none."""
    return {name: read(AGAIN.format(name)) for name in request["confirm"]} or None


def _arguments(
    arguments: dict[str, Any], read: Read, tell: Callable[[str], object]
) -> dict[str, Any] | None:
    """Let the person edit the arguments, and return them; None if they stay as they are."""
    text = json.dumps(arguments, ensure_ascii=False)
    while text := read(WHICH, text):
        try:
            value = json.loads(text)
        except ValueError as error:
            tell(f"That is not JSON: {error}.")
            continue
        if isinstance(value, dict):
            return value
        tell('Arguments are a JSON object, such as {"name": "value"}.')
    return None

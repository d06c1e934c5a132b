"""A consent request, put to the person at the terminal."""

import json
from collections.abc import Callable
from typing import Any, Final

from entrypoints.cli.client import Json

MAY_IT_RUN: Final = "May it run? [y]es, [e]dit, anything else is a no: "
WHAT_BECAME: Final = "It was interrupted. [d]one, [n]ot done, [t]ry again, anything else: unknown: "
WHY_NOT: Final = "Why not? The agent is told. (Enter for no reason): "
WHICH: Final = "Its arguments, as JSON: "

_OUTCOMES: Final = {"d": "done", "n": "not_done", "t": "try_again"}


def consult(request: Json, read: Callable[[str], str]) -> Json:
    """Ask by ``read``, which shows a prompt and returns a line; return the answer to send.

    Raises:
        EOFError: nobody is there to answer.

    """
    answer: Json = {"consent_request_id": request["id"]}
    if request["kind"] == "outcome":
        outcome = _OUTCOMES.get(read(WHAT_BECAME).lower()[:1])
        return answer | ({"outcome": outcome} if outcome else {"approved": False})
    match read(MAY_IT_RUN).lower():
        case "y" | "yes":
            return answer | {"approved": True}
        case "e" | "edit":
            return answer | {"approved": True, "arguments": _arguments(read)}
        case _:
            reason = read(WHY_NOT)
            return answer | {"approved": False} | ({"reason": reason} if reason else {})


def _arguments(read: Callable[[str], str]) -> dict[str, Any]:
    while True:
        try:
            value = json.loads(read(WHICH))
        except ValueError:
            continue
        if isinstance(value, dict):
            return value

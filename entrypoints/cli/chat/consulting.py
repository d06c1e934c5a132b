"""Dialogue about a consent request at the terminal."""

import json
from collections.abc import Callable
from typing import Any, Final, Protocol

from entrypoints.cli.clients.client import Json

MAY_IT_RUN: Final = "May it run? [y]es, [e]dit, anything else is a no: "
WHAT_BECAME: Final = "It was interrupted. [d]one, [n]ot done, [t]ry again, anything else: unknown: "
WHY_NOT: Final = "Why not? The agent is told. (Enter for no reason): "
WHICH: Final = "Its arguments, as JSON (empty: back to the question): "

_OUTCOMES: Final = {"d": "done", "n": "not_done", "t": "try_again"}


class Read(Protocol):
    """Shows a prompt and reads a line; ``draft`` is its editable initial text."""

    def __call__(self, prompt: str, draft: str = "") -> str:
        """Return the line. Raises EOFError at the end of input, KeyboardInterrupt at Ctrl-C."""
        ...


def consult(request: Json, read: Read, tell: Callable[[str], object]) -> Json:
    """Ask the person by ``read``, print errors by ``tell``, and return the answer to send.

    Raises:
        EOFError: the input has ended.
        KeyboardInterrupt: the person does not want to answer now.

    """
    answer: Json = {"consent_request_id": request["id"]}
    if request["kind"] == "outcome":
        outcome = _OUTCOMES.get(read(WHAT_BECAME).lower()[:1])
        return answer | ({"outcome": outcome} if outcome else {"approved": False})
    while True:
        match read(MAY_IT_RUN).lower():
            case "y" | "yes":
                return answer | {"approved": True}
            case "e" | "edit":
                if (arguments := _arguments(request["params"], read, tell)) is not None:
                    return answer | {"approved": True, "arguments": arguments}
            case _:
                reason = read(WHY_NOT)
                return answer | {"approved": False} | ({"reason": reason} if reason else {})


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

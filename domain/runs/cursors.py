"""Cursors: the position of a client in a run's stream of events."""

import re
from dataclasses import dataclass
from typing import Final

from domain.shared.errors import FieldProblem, InvalidRequest

_FORM: Final = re.compile(r"([0-9a-f]{12})-([1-9][0-9]{0,8})-([1-9][0-9]{0,8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last event received. Its attempt tells whether it was a piece that was never stored."""

    attempt: int
    number: int


def write_cursor(run_id: str, attempt: int, number: int) -> str:
    """Return the cursor's text, which is opaque to clients."""
    return f"{run_id[-12:]}-{attempt}-{number}"


def read_cursor(run_id: str, text: str) -> Cursor:
    """Parse a client's cursor.

    Raises:
        InvalidRequest: the text is not a cursor, or another run's.

    """
    match = _read(text)
    if match[1] != run_id[-12:]:
        raise _problem("This cursor belongs to another run.")
    return Cursor(attempt=int(match[2]), number=int(match[3]))


def is_cursor(text: str) -> bool:
    """Tell whether a text has the form of a cursor."""
    return _FORM.fullmatch(text) is not None


def run_id_end(text: str) -> str:
    """Return the last characters of the run's id in a client's cursor.

    Raises:
        InvalidRequest: the text is not a cursor.

    """
    return _read(text)[1]


def _read(text: str) -> re.Match[str]:
    match = _FORM.fullmatch(text)
    if match is None:
        raise _problem("This is not a cursor. Send the id of the last event as it came.")
    return match


def _problem(message: str) -> InvalidRequest:
    return InvalidRequest(message, [FieldProblem("after", message)])

"""Cursors: where a follower of a run stands."""

import re
from dataclasses import dataclass
from typing import Final

from domain.shared.errors import FieldProblem, InvalidRequest

_FORM: Final = re.compile(r"([0-9a-f]{12})-([1-9][0-9]{0,8})-([1-9][0-9]{0,8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last event seen: its attempt, which tells a provisional piece from a stored one."""

    attempt: int
    number: int


def write_cursor(run_id: str, attempt: int, number: int) -> str:
    """Return the text that clients keep and bring back, unopened."""
    return f"{run_id[-12:]}-{attempt}-{number}"


def read_cursor(run_id: str, text: str) -> Cursor:
    """Return the place that a client's cursor names.

    Raises:
        InvalidRequest: the text is not a cursor, or another run's.

    """
    found = _read(text)
    if found[1] != run_id[-12:]:
        raise _problem("This cursor belongs to another run.")
    return Cursor(attempt=int(found[2]), number=int(found[3]))


def is_cursor(text: str) -> bool:
    """Tell whether a text has the form of a cursor."""
    return _FORM.fullmatch(text) is not None


def run_id_end(text: str) -> str:
    """Return the end of the id of the run whose event a client's cursor names.

    Raises:
        InvalidRequest: the text is not a cursor.

    """
    return _read(text)[1]


def _read(text: str) -> re.Match[str]:
    found = _FORM.fullmatch(text)
    if found is None:
        raise _problem("This is not a cursor. Send the id of the last event as it came.")
    return found


def _problem(message: str) -> InvalidRequest:
    return InvalidRequest(message, [FieldProblem("after", message)])

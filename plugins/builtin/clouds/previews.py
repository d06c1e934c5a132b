"""Previews of what starts or stops machines."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Final

from domain.shared.errors import ToolFailed
from domain.tools.preview import Preview

_START: Final = "They cost money from then on."
_STOP: Final = "What runs on them ends, and what is in memory and on temporary disks is lost."


def start_and_stop(
    kind: str, located: Callable[..., Sequence[str]]
) -> tuple[Callable[..., Preview], Callable[..., Preview]]:
    """Return the previews of calls that start, and that stop, the machines which ``located`` names.

    Of a call that will be refused, they say why.
    """
    return _preview(f"Start {kind}", _START, located), _preview(f"Stop {kind}", _STOP, located)


def _preview(what: str, note: str, located: Callable[..., Sequence[str]]) -> Callable[..., Preview]:
    @wraps(located)
    def show(**arguments: Any) -> Preview:
        try:
            names = located(**arguments)
        except ToolFailed as error:
            return Preview(what, details=[error.message])
        amount = "1 machine" if len(names) == 1 else f"{len(names)} machines"
        return Preview(what, ", ".join(names), amount, reversible=True, details=[note])

    return show

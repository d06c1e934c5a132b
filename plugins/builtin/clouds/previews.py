"""Previews of what starts or stops machines."""

from collections.abc import Callable, Sequence
from typing import Final

from domain.shared.errors import ToolFailed
from domain.tools.preview import Preview

START: Final = "They cost money from then on."
STOP: Final = "What runs on them ends, and what is in memory and on temporary disks is lost."


def preview_of(what: str, note: str, machines: Callable[[], Sequence[str]]) -> Preview:
    """Return the preview of a call for these machines; of one that will be refused, why."""
    try:
        named = machines()
    except ToolFailed as error:
        return Preview(what, details=[error.message])
    amount = "1 machine" if len(named) == 1 else f"{len(named)} machines"
    return Preview(what, ", ".join(named), amount, reversible=True, details=[note])

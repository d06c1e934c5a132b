"""Previews: what a call will do, for the person who is asked to approve it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from domain.shared.json_values import storable, type_name
from domain.shared.text import shorten

TEXT_LENGTH: Final = 500  # characters of one line
MOST_LINES: Final = 20  # further lines; the rest is left out

_UNDOING: Final = {True: "can be undone", False: "cannot be undone"}


class PreviewKind(StrEnum):
    """What a line of a preview says."""

    WHAT = "what"
    TARGET = "target"
    AMOUNT = "amount"
    REVERSIBLE = "reversible"
    DETAIL = "detail"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a call will do, in words for the person who is asked to approve it.

    ``what``: ``Close a ticket``; ``target``: on what, ``#7, Printer on fire``; ``amount``: how
    much, ``3 messages``; ``reversible``: whether it can be undone, None where that is not known;
    ``details``: further lines. Each text is one line of at most 500 characters, and there are at
    most 20 details.
    """

    what: str
    target: str = ""
    amount: str = ""
    reversible: bool | None = None
    details: Sequence[str] = ()

    @property
    def line(self) -> str:
        """The preview in one line: ``Close a ticket #7, Printer on fire (cannot be undone)``."""
        undoing = _UNDOING[False] if self.reversible is False else ""
        notes = "; ".join(filter(None, (self.amount, undoing)))
        about = " ".join(filter(None, (self.what, self.target)))
        return f"{about} ({notes})" if notes else about

    def lines(self) -> tuple[Mapping[str, str], ...]:
        """Return the lines as ``{kind, text}``, in the order in which they are shown."""
        return tuple({"kind": str(kind), "text": text} for kind, text in self._lines() if text)

    def _lines(self) -> Iterator[tuple[PreviewKind, str]]:
        yield PreviewKind.WHAT, self.what
        yield PreviewKind.TARGET, self.target
        yield PreviewKind.AMOUNT, self.amount
        if self.reversible is not None:
            yield PreviewKind.REVERSIBLE, _UNDOING[self.reversible]
        for detail in self.details:
            yield PreviewKind.DETAIL, detail


def shown_preview(given: Any, hide: Callable[[str], str] = str) -> Preview | None:
    """Return a plugin's preview with bounded texts, redacted by ``hide``; None for an empty one.

    Raises:
        TypeError: it is neither a `Preview` nor a text, or a field of it has another type.

    """
    match given:
        case None:
            return None
        case str():
            what = _text(given, hide)
            return Preview(what) if what else None
        case Preview(reversible=True | False | None, details=list() | tuple()):
            return Preview(
                what=_text(given.what, hide),
                target=_text(given.target, hide),
                amount=_text(given.amount, hide),
                reversible=given.reversible,
                details=tuple(_text(each, hide) for each in given.details[:MOST_LINES]),
            )
        case _:
            raise TypeError(f"a preview is a Preview or a text, not a {type_name(given)}")


def _text(given: Any, hide: Callable[[str], str]) -> str:
    if not isinstance(given, str):
        raise TypeError(f"the lines of a preview are texts; one is a {type_name(given)}")
    return shorten(hide(storable(str.__str__(given))), TEXT_LENGTH)

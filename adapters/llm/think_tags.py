"""Reasoning that a server leaves inside the text, as in ``<think>Hm.</think>Yes.``."""

from domain.llm import Piece, Reasoning, Text

_OPEN, _CLOSE = "<think>", "</think>"


class ThinkTags:
    """Tell the reasoning from the text, however the two are cut into pieces.

    Only a tag with which the answer begins counts: further on, it is a word of the text, such as
    a user may well ask about.
    """

    def __init__(self) -> None:
        self._held = ""  # what may be the beginning of a tag
        self._inside = False
        self._thought = False  # whether some reasoning was given
        self._ended = False
        self.plain = False  # whether all that follows is text

    def read(self, content: str) -> list[Piece]:
        """Take in a piece of the text, not empty; return what it proves to be."""
        if self.plain:
            return [Text(content)]
        self._held += content
        if self._inside:
            return self._reasoning()
        return self._text() if self._ended else self._beginning()

    def end(self) -> list[Piece]:
        """Return what was held back, once the answer has ended."""
        held, self._held = self._held, ""
        kind = Reasoning if self._inside else Text
        return [kind(held)] if held else []

    def _beginning(self) -> list[Piece]:
        start = self._held.lstrip()
        if start.startswith(_OPEN):
            self._inside, self._held = True, start.removeprefix(_OPEN)
            return self._reasoning()
        return [] if _OPEN.startswith(start) else self._text()

    def _reasoning(self) -> list[Piece]:
        if not self._thought:
            self._held = self._held.lstrip("\n")
        thought, close, rest = self._held.partition(_CLOSE)
        if close:
            self._inside, self._ended, self._held = False, True, rest
        else:
            thought = thought[: len(thought) - _overlap(thought)]
        thought = thought.rstrip("\n")  # a line end before the tag belongs to the tag
        if not close:
            self._held = self._held.removeprefix(thought)
        self._thought = self._thought or bool(thought)
        return [*([Reasoning(thought)] if thought else []), *(self._text() if close else [])]

    def _text(self) -> list[Piece]:
        text = self._held.lstrip("\n") if self._ended else self._held
        self._held, self.plain = "", bool(text)
        return [Text(text)] if text else []


def _overlap(text: str) -> int:
    """Return how many characters at the end of the text may begin the closing tag."""
    sizes = range(min(len(text), len(_CLOSE) - 1), 0, -1)
    return next((size for size in sizes if _CLOSE.startswith(text[-size:])), 0)

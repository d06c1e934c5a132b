"""Separates reasoning in the text, as in ``<think>Hm.</think>Yes.``, from the answer."""

from domain.models.messages import Piece, Reasoning, Text, TextWasReasoning

_OPEN, _CLOSE = "<think>", "</think>"
_QUOTES = frozenset("`'\"")


class ThinkTags:
    """Splits streamed text, in pieces of any size, into reasoning and answer.

    An opening tag counts only at the beginning of the answer: later it is part of the text, such as
    a user may ask about. A closing tag counts without an opening one, which the server may have put
    into the prompt, unless it is quoted.
    """

    def __init__(self) -> None:
        self._held = ""  # what may be the beginning of a tag
        self._inside = False
        self._after_tag = False  # line ends here belong to the closing tag
        self._last = ""  # the last piece of the text so far
        self._only_text = False  # whether tags no longer count
        self.has_given = False  # whether some text or reasoning was given
        self.plain = False  # whether a piece without "<" is text, and nothing is held back

    def read(self, content: str) -> list[Piece]:
        """Read a piece of text that is not empty; return text and reasoning."""
        if self.plain and ("<" not in content or self._only_text):  # nearly always
            self._last = content
            return [Text(content)]
        self._held += content
        if self._inside:
            return self._reasoning()
        return self._text() if self._last or self._only_text else self._beginning()

    def end(self) -> list[Piece]:
        """Return what was held back, at the end of the answer; not white space alone."""
        held = self._held
        if self._last and held == _CLOSE and self._closes(self._last[-1], ""):
            return [TextWasReasoning()]
        if self._inside:
            self._held, self.has_given = "", self.has_given or bool(held)
            return [Reasoning(held)] if held else []
        return self._give(len(held)) if held.strip() or self._last else []

    def _beginning(self) -> list[Piece]:
        start = self._held.lstrip()
        if start.startswith(_OPEN):
            self._inside, self._held = True, start.removeprefix(_OPEN)
            return self._reasoning()
        if start.startswith(_CLOSE):
            self._only_text = self._after_tag = True
            self._held = start.removeprefix(_CLOSE)
            return self._text()
        if _OPEN.startswith(start) or _CLOSE.startswith(start):
            return []
        return self._text()

    def _reasoning(self) -> list[Piece]:
        if not self.has_given:
            self._held = self._held.lstrip("\n")
        thought, close, rest = self._held.partition(_CLOSE)
        if close:
            self._inside, self._held = False, rest
            self._only_text = self._after_tag = True
        else:
            thought = thought[: len(thought) - _overlap(thought, _CLOSE)]
        thought = thought.rstrip("\n")  # a line end before the tag belongs to the tag
        if not close:
            self._held = self._held.removeprefix(thought)
        self.has_given = self.has_given or bool(thought)
        return [*([Reasoning(thought)] if thought else []), *(self._text() if close else [])]

    def _text(self) -> list[Piece]:
        if self._after_tag:
            self._held = self._held.lstrip("\n")
            self._after_tag = not self._held
        if self._only_text:
            return self._give(len(self._held))
        pieces: list[Piece] = []
        while (at := self._held.find(_CLOSE)) >= 0 and _OPEN not in self._held[:at]:
            pieces += self._give(at)
            after = self._held[len(_CLOSE) :]
            if not after:  # what follows decides
                self.plain = False
                return pieces
            if self._closes(self._last[-1], after[0]):
                self._held, self._last = after, ""
                self._only_text = self._after_tag = True
                return [*pieces, TextWasReasoning(), *self._text()]
            pieces += self._give(len(_CLOSE))
        self._only_text = _OPEN in self._held
        held_back = 0 if self._only_text else _overlap(self._held, _OPEN, _CLOSE)
        return [*pieces, *self._give(len(self._held) - held_back)]

    def _closes(self, before: str, after: str) -> bool:
        """Return whether a closing tag between these characters is a tag, and not quoted text."""
        if before in _QUOTES or after in _QUOTES:
            return False
        return before == "\n" or after in {"", "\n"} or not before.isspace()

    def _give(self, length: int) -> list[Piece]:
        """Return that many held-back characters as text."""
        text, self._held = self._held[:length], self._held[length:]
        if text:
            self._last, self.has_given = text, True
        self.plain = bool(self._last) and not self._held
        return [Text(text)] if text else []


def _overlap(text: str, *tags: str) -> int:
    """Return how many characters at the end of the text may be the beginning of a tag."""
    longest = max(map(len, tags)) - 1
    sizes = range(min(len(text), longest), 0, -1)
    return next((n for n in sizes if any(tag.startswith(text[-n:]) for tag in tags)), 0)

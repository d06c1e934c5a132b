"""The lookup of tools by their names in a message."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from domain.tools.ranking.words import fold

_TOKEN: Final = re.compile(r"\w[\w./:-]*")
_MARKED: Final = re.compile(r"[\W_\d]|.[A-Z]")
"""A name that is no ordinary word: it contains a sign, a digit or a capital letter."""
_AROUND: Final = re.compile(r"\A\W+|\W+\Z")
_CALLED: Final = re.compile(
    r"(?:\b(?:call|use|using|run|invoke|execute|tool|usa|llama|ejecuta)\s+(?:the\s+)?(?:tool\s+)?"
    r"|[`'\"])$",
    re.IGNORECASE,
)
_MOST: Final = 400  # words of a message that are looked up
_BEFORE: Final = 24  # characters before a word that are searched for "use", "call" or a quote


class Names:
    """The index of a catalogue's tools by name."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._folded: dict[str, tuple[int, ...]] = {}

    def add(self, name: str, number: int) -> None:
        """Add a tool's name."""
        self._numbers[name] = number
        folded = fold(name)
        self._folded[folded] = (*self._folded.get(folded, ()), number)

    def get(self, name: str) -> int | None:
        """Return the number of the tool with exactly this name."""
        return self._numbers.get(name)

    def discard(self, name: str) -> int | None:
        """Remove a tool's name and return its number, None where there is no such tool."""
        number = self._numbers.pop(name, None)
        if number is not None:
            folded = fold(name)
            self._folded[folded] = tuple(at for at in self._folded[folded] if at != number)
            if not self._folded[folded]:
                del self._folded[folded]
        return number

    def in_message(self, message: str) -> Iterable[int]:
        """Return the tools that a message names, in the order in which it does.

        A name that is an ordinary word counts if it is the whole message, or is quoted or called:
        "use translate". Case is ignored, except between names that differ by nothing else.
        """
        tools: dict[int, None] = dict.fromkeys(self._named(_AROUND.sub("", message)))
        for at, match in enumerate(_TOKEN.finditer(message)):
            if at == _MOST:
                break
            word = match[0].rstrip("./:-")
            before = message[max(0, match.start() - _BEFORE) : match.start()]
            if _MARKED.search(word) or _CALLED.search(before):
                tools.update(dict.fromkeys(self._named(word)))
        return tools

    def _named(self, word: str) -> Iterator[int]:
        """Yield the tools of this name: the exact match, or else those that match ignoring case."""
        if (number := self._numbers.get(word)) is not None:
            yield number
        elif word:
            yield from self._folded.get(fold(word), ())

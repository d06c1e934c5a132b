"""Text for people: shortening of it, and suggestions for misspelt names."""

from collections.abc import Iterable
from difflib import get_close_matches


def shorten(text: str, length: int) -> str:
    """Return the text on one line of at most ``length`` characters, cut at a word if possible."""
    line = " ".join(text[: length * 4].split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > length // 2 else cut) + "…"


def did_you_mean(word: str, known: Iterable[str], most: int = 3) -> str:
    """Return a sentence, with a space before it, that names the closest words; empty if none is."""
    names = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), names, n=most)
    return f" Did you mean {' or '.join(repr(names[one]) for one in close)}?" if close else ""

"""Suggestions for misspelt names ("Did you mean ...?")."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str], most: int = 3) -> str:
    """Return a sentence, with a space before it, that names the closest words; empty if none is."""
    names = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), names, n=most)
    return f" Did you mean {' or '.join(repr(names[one]) for one in close)}?" if close else ""

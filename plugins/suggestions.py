"""Guesses at what somebody meant to write."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence (with a space before it) naming up to three close words, or nothing."""
    names = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), names, n=3)
    return f" Did you mean {' or '.join(repr(names[one]) for one in close)}?" if close else ""

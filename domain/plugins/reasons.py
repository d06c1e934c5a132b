"""Reasons that plugins give, and why they gave none, as text for people."""

from typing import Final

from domain.shared.json_values import storable
from domain.shared.text import shorten
from domain.shared.untrusted import TooLate, raised

_LENGTH: Final = 300


def given_reason(reason: str) -> str:
    """Return a plugin's reason as plain text; it may be of a subclass that misbehaves."""
    return str.__str__(reason)[: 4 * _LENGTH].strip() or "no reason given"


def failure_of(error: Exception) -> str:
    """Return why a plugin gave no answer: it was too late, or what it raised."""
    return str(error) if isinstance(error, TooLate) else raised(error)


def bounded_reason(text: str) -> str:
    """Return a sentence with a plugin's words in it, short enough to be shown and stored."""
    return storable(shorten(text, _LENGTH))

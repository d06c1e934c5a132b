"""The ``.env`` file: what of it cannot be read is refused, where its parser would only say so."""

from collections.abc import Collection
from pathlib import Path

from dotenv.parser import Binding, parse_stream


def refuse_unreadable(path: Path, known: Collection[str]) -> None:
    """Refuse a line that is no assignment, and one that names a ``known`` variable without any.

    Raises:
        ValueError: it has such a line; the message gives its number, and never what it holds.
        OSError: the file cannot be read.

    """
    with path.open(encoding="utf-8") as file:
        for binding in parse_stream(file):
            if binding.error:
                raise ValueError(f"cannot be read in line {_line(binding)}; write it NAME=value")
            if binding.key in known and binding.value is None:
                name = binding.key
                raise ValueError(f"line {_line(binding)} gives {name} no value; write {name}=value")


def _line(binding: Binding) -> int:
    """Return the number of the line itself: the parser counts blank lines before it as its own."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")

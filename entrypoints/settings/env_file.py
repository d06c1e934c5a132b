"""Validation of the ``.env`` file: unreadable lines are errors, where python-dotenv only warns."""

from collections.abc import Collection
from pathlib import Path

from dotenv.parser import Binding, parse_stream


def refuse_unreadable(path: Path, known: Collection[str]) -> None:
    """Raise for a line that is no assignment, or that names a ``known`` variable without a value.

    Raises:
        ValueError: the file has such a line; the message gives its number, never its contents.
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
    """Return the line number of a binding, whose text begins with the blank lines before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")

"""Reading what a person types at the terminal."""

import sys
from typing import Protocol


class Read(Protocol):
    """Shows a prompt and reads a line; ``draft`` is its editable initial text."""

    def __call__(self, prompt: str, draft: str = "") -> str:
        """Return the line. Raises EOFError at the end of input, KeyboardInterrupt at Ctrl-C."""
        ...


def read_line(prompt: str, draft: str = "") -> str:
    """Read the next line, with an editable draft where the terminal can; EOFError at the end."""
    if not sys.stdin.isatty():
        return input().strip()
    try:
        import readline
    except ImportError:
        return input(prompt).strip()
    readline.set_startup_hook(lambda: readline.insert_text(draft))
    try:
        return input(prompt).strip()
    finally:
        readline.set_startup_hook(None)

# noqa: INP001 - a folder of pages, not a package
"""What the generated pages have in common."""

import inspect
from typing import Any, Final

NOTICE: Final = "<!-- Written by docs/generate.py from the code: change it there. -->"


def meaning(subject: Any) -> str:
    """Return a docstring as Markdown."""
    return prose(inspect.getdoc(subject) or "")


def code(text: str) -> str:
    """Return a block of Python."""
    return f"```python\n{text}\n```"


def prose(text: str) -> str:
    """Return the text of a docstring as Markdown."""
    return text.replace("``", "`")

"""JSON Pointers (RFC 6901), in the URI fragments of references."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote


def split(fragment: str) -> list[str]:
    """Return the tokens of a pointer such as ``/paths/~1pets/get``, decoded (``%``, ``~``)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in unquote(fragment).split("/")[1:]]


def join(*steps: str | int) -> str:
    """Return the pointer made of these tokens, escaped, such as ``/paths/~1pets/get``."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def value_at(root: Any, fragment: str) -> Any:
    """Return the value at a pointer; None if there is none, or the text is no pointer."""
    if fragment and not fragment.startswith("/"):
        return None
    value = root
    for step in split(fragment):
        if isinstance(value, list):
            is_index = step.isascii() and step.isdigit() and len(step) <= len(str(len(value)))
            value = value[int(step)] if is_index and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value

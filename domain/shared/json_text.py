"""JSON encoding of large values: their size, and encoding in pieces."""

import json
from typing import Any, Final

_ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode


def is_larger(value: Any, size: int) -> bool:
    """Tell whether a JSON value has more than about ``size`` characters as text."""
    remaining, waiting = size, [value]
    while waiting and remaining >= 0:
        each = waiting.pop()
        remaining -= len(each) if isinstance(each, str) else 1
        if isinstance(each, dict):
            remaining -= sum(map(len, each)) if len(each) <= remaining else len(each)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return remaining < 0


def written(value: Any) -> str:
    """Return a JSON value as text, encoded in pieces.

    So other threads get the interpreter lock in between: json's encoder in C does not release it.
    """
    match value:
        case dict():
            pieces = (f"{_ENCODE(name)}: {written(item)}" for name, item in value.items())
            return f"{{{', '.join(pieces)}}}"
        case list():
            return f"[{', '.join(map(_ENCODE, value))}]"
        case _:
            return _ENCODE(value)

"""The text of values in JSON's own types: how long it is, and written in pieces."""

import json
from typing import Any, Final

_ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode


def is_larger(value: Any, size: int) -> bool:
    """Tell whether a value of JSON's own types has more characters than that, about."""
    left, waiting = size, [value]
    while waiting and left >= 0:
        each = waiting.pop()
        left -= len(each) if isinstance(each, str) else 1
        if isinstance(each, dict):
            left -= sum(map(len, each)) if len(each) <= left else len(each)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return left < 0


def written(value: Any) -> str:
    """Return a value of JSON's own types as text, piece by piece where it is long.

    So other threads have their turn in between: json's encoder in C gives them none.
    """
    match value:
        case dict():
            pieces = (f"{_ENCODE(name)}: {written(item)}" for name, item in value.items())
            return f"{{{', '.join(pieces)}}}"
        case list():
            return f"[{', '.join(map(_ENCODE, value))}]"
        case _:
            return _ENCODE(value)

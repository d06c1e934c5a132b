"""Values that need no change, copied by a library in C: rows of a database, an API's answer.

To look at each of a million values is slow in Python. A library in C is fast, and lets nobody else
run until it returns: so it is given a slice of a list at a time.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from math import isfinite
from typing import Any, Final

import orjson

MOST_VALUES: Final = 20_000  # in a slice: what the library in C does with them takes milliseconds

_LEAST: Final = {str: 2, bool: 4, type(None): 4, int: 1, float: 1, dict: 2, list: 2, tuple: 2}
"""JSON's own types, with the characters that a value of one has at least, but for what it holds."""

_CONTAINERS: Final = frozenset({dict, list, tuple})
_EXACT: Final = (
    orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)


def plain_copy(items: Sequence[Any], depth: int) -> tuple[list[Any], int] | None:
    """Return a copy of the items, tuples as lists, and the characters they have at least as JSON.

    None if `domain.shared.json_values.normalized` would change anything else, or if there are too
    many values in them for one call into C.
    """
    size = _plain_size(items, depth)
    if size is None:
        return None
    try:
        text = orjson.dumps(items, option=_EXACT)
    except TypeError:  # half a character, an integer of more than 64 bits, a name that is no text
        return None
    return None if rb"\u0000" in text else (orjson.loads(text), size)


def _plain_size(items: Sequence[Any], depth: int) -> int | None:
    """Look through the items level by level, each with no more than a few calls into C."""
    size, left, level = -len(items), MOST_VALUES, [items]  # who asks has counted the items
    while level:
        values = list(islice(chain.from_iterable(map(_held, level)), left + 1))
        left -= len(values)
        kinds = Counter(map(type, values))
        if left < 0 or not kinds.keys() <= _LEAST.keys():
            return None
        if float in kinds and not all(isfinite(each) for each in values if type(each) is float):
            return None
        size += len(values) + sum(_LEAST[kind] * count for kind, count in kinds.items())
        size += sum(len(each) for each in values if type(each) is str)
        level = [each for each in values if type(each) in _CONTAINERS]
        if level and depth <= 0:
            return None
        depth -= 1
    return size


def _held(container: Any) -> Iterable[Any]:
    return chain(container, container.values()) if type(container) is dict else container

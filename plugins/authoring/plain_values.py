"""Fast copies of values that are JSON already, such as rows of a database, by a native library.

To look at each of a million values is slow in Python. The library (orjson) is fast, but holds the
interpreter until it returns: so it is given a slice of a list at a time.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from math import isfinite
from typing import Any, Final

import orjson

MOST_VALUES: Final = 20_000  # in a slice: the library copies so many in milliseconds

_LEAST: Final = {str: 2, bool: 4, type(None): 4, int: 1, float: 1, dict: 2, list: 2, tuple: 2}
"""JSON's own types, each with the least characters of a value, without its contents."""

_CONTAINERS: Final = frozenset({dict, list, tuple})
_EXACT: Final = (
    orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)


def plain_copy(items: Sequence[Any], depth: int) -> tuple[list[Any], int] | None:
    """Return a copy of the items, tuples as lists, and their least size in characters of JSON.

    Returns None if `domain.shared.json_values.normalized` would change anything else, or if there
    are more than `MOST_VALUES` values in them.
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
    """Return the least size of the items, or None; goes through them level by level for speed."""
    size, remaining, level = -len(items), MOST_VALUES, [items]  # the caller has counted the items
    while level:
        values = list(islice(chain.from_iterable(map(_contents, level)), remaining + 1))
        remaining -= len(values)
        kinds = Counter(map(type, values))
        if remaining < 0 or not kinds.keys() <= _LEAST.keys():
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


def _contents(container: Any) -> Iterable[Any]:
    return chain(container, container.values()) if type(container) is dict else container

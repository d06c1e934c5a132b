"""Duplicate keys of an object: of a duplicate path or method all operations are kept.

Of any other key the last one counts, as in every parser of JSON and YAML.
"""

from collections.abc import Iterable
from typing import Any, Final

TWICE: Final = "x-puerto-twice"
"""The key of a path item under which the earlier path items of the same path are stored."""

_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def put(inside: dict[str, Any], key: str, value: Any) -> None:
    """Set a key of an object, which may be a duplicate."""
    if key in inside:
        value = _with_former(inside, key, value)
    inside[key] = value


def made_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object with these keys and values, which may have duplicates."""
    inside: dict[str, Any] = {}
    for key, value in pairs:
        put(inside, key, value)
    return inside


def _with_former(inside: dict[str, Any], key: str, value: Any) -> Any:
    former = inside[key]
    if not isinstance(former, dict) or former is value:
        return value
    if key.startswith("/"):
        item = value if isinstance(value, dict) else {}
        return {**item, TWICE: [*item.get(TWICE, ()), former]}
    if key in _METHODS and "responses" in former:
        inside[TWICE] = [*inside.get(TWICE, ()), {key: former}]
    return value

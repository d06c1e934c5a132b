"""Keys that an object of a document has twice: a path and a method lose nothing by it.

Of any other key the last counts, as in every reader of JSON and YAML.
"""

from collections.abc import Iterable
from typing import Any, Final

TWICE: Final = "x-puerto-twice"
"""The key of a path item under which those stand that came before it, for the same path."""

_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def put(inside: dict[str, Any], key: str, value: Any) -> None:
    """Give an object a key that it may have already."""
    if key in inside:
        value = _with_former(inside, key, value)
    inside[key] = value


def made_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these keys and values."""
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

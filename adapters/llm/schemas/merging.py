"""Merges schemas into one that accepts what fits them all, and maybe a little more."""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final

from adapters.llm.schemas.keywords import ANNOTATIONS, distinct, same
from domain.shared.json_schema import CHOICES, NAMED, Schema, types_of

# What means nothing alone, and something else beside another's: it is taken with its first.
_WITH: Final = {
    "if": ("then", "else"),
    "contains": ("minContains", "maxContains"),
}


def merged(*schemas: Schema) -> dict[str, Any]:
    """Return one schema that accepts what fits all of these, without references at the top.

    If two keywords cannot be combined, the first is kept. Annotations are those of the first schema
    that has any.
    """
    return reduce(_both, schemas, {})


def _both(one: Schema, other: Schema) -> dict[str, Any]:
    both = dict(one)
    bound = {name for first, names in _WITH.items() if first in one for name in names}
    for keyword, value in other.items():
        if keyword in bound:
            continue
        if keyword not in one:
            both[keyword] = value
        elif keyword not in ANNOTATIONS and not same(one[keyword], value):
            both[keyword] = _reconciled(keyword, one, other)
    return both


def _reconciled(keyword: str, one: Schema, other: Schema) -> Any:
    mine, theirs = one[keyword], other[keyword]
    if keyword == "type":
        return _common_types(types_of(one), types_of(other)) or mine
    if keyword in CHOICES:
        return [{"allOf": [each, {keyword: theirs}]} for each in mine]
    return _TOGETHER.get(keyword, _first)(mine, theirs)


def _first(mine: Any, _: Any) -> Any:
    return mine


def _common_values(mine: list[Any], theirs: list[Any]) -> list[Any]:
    return [each for each in mine if any(same(each, it) for it in theirs)] or mine


def _by_name(mine: Schema, theirs: Schema) -> Schema:
    shared = {name: _intersection(mine[name], theirs[name]) for name in mine if name in theirs}
    return {**mine, **theirs, **shared}


def _longer(mine: list[Any], theirs: list[Any]) -> list[Any]:
    """Return the longer tuple; what follows it applies to no further items than before."""
    return max(mine, theirs, key=len)


def _intersection(one: Any, other: Any) -> Any:
    if one is False or other is False:
        return False
    if one is True or other is True:
        return other if one is True else one
    return one if same(one, other) else {"allOf": [one, other]}


def _common_types(one: list[str], other: list[str]) -> list[str]:
    common = [each for each in one if each in other]
    for each, wider in ((one, other), (other, one)):
        if "integer" in each and "number" in wider and "integer" not in common:
            common.append("integer")
    return common


_TOGETHER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), min),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), min),
    **dict.fromkeys(("items", "propertyNames", "additionalProperties"), _intersection),
    **dict.fromkeys(NAMED, _by_name),
    "required": lambda mine, theirs: distinct([*mine, *theirs]),
    "allOf": lambda mine, theirs: [*mine, *theirs],
    "prefixItems": _longer,
    "enum": _common_values,
}

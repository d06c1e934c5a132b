"""The keywords of JSON Schema 2020-12, and which values are well-formed."""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, cast

from domain.shared.json_schema import LISTED, NAMED, SINGLE, TYPES, is_number, types_of, without

ANNOTATIONS: Final = frozenset({"title", "description", "default", "examples"})
"""Keywords that explain, and forbid nothing."""

OF_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset(
        {
            *("properties", "required", "additionalProperties", "patternProperties"),
            *("propertyNames", "minProperties", "maxProperties", "dependentRequired"),
            "dependentSchemas",
        }
    ),
    "array": frozenset(
        {
            *("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
            *("contains", "minContains", "maxContains"),
        }
    ),
    "string": frozenset(
        {"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"}
    ),
    "number": frozenset(
        {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    ),
}
"""Keywords that constrain values of one type alone."""


def _is_schema(value: Any) -> bool:
    return isinstance(value, Mapping | bool)


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_schema, value))


def _are_named_schemas(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_schema, value.values()))


def _is_count(value: Any) -> bool:
    return is_number(value) and value >= 0 and value == int(value)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_type(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(each, str) and each in TYPES for each in value)
    return isinstance(value, str) and value in TYPES


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_anything(_: Any) -> bool:
    return True


_FORMS: Final[Mapping[Callable[[Any], bool], Iterable[str]]] = {
    _is_type: ["type"],
    is_number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
    lambda value: is_number(value) and value > 0: ["multipleOf"],
    _is_count: [
        *("minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"),
        *("minProperties", "maxProperties"),
    ],
    _is_text: [
        *("title", "description", "format", "contentEncoding", "contentMediaType", "pattern"),
        "$ref",
    ],
    lambda value: isinstance(value, bool): ["uniqueItems"],
    _is_list: ["enum", "examples"],
    _is_anything: ["const", "default"],
    _are_names: ["required"],
    _is_schema: SINGLE - {"additionalItems", "contentSchema"},
    _are_schemas: LISTED,
    _are_named_schemas: NAMED - {"$defs", "definitions"},
    lambda value: isinstance(value, Mapping) and all(map(_are_names, value.values())): [
        "dependentRequired"
    ],
}
_FORM: Final = {keyword: form for form, keywords in _FORMS.items() for keyword in keywords}

NOT_TOLD: Final = frozenset({"unevaluatedProperties", "unevaluatedItems", "$dynamicRef"})
"""Keywords whose meaning hangs on all that stands beside them."""


def tidied(schema: Mapping[str, Any], lose: Callable[[str, str], None]) -> dict[str, Any]:
    """Return the well-formed keywords, with those of older drafts converted.

    ``lose`` is called with each keyword that is dropped although it may have had a meaning.
    """
    tidy: dict[str, Any] = {}
    for keyword, value in _renewed(schema).items():
        if keyword in NOT_TOLD:
            lose(keyword, "dropped")
        elif (well_formed := _FORM.get(keyword)) is None:
            continue  # an extension, an identifier or a definition: no constraint
        elif well_formed(value):
            tidy[keyword] = value
        else:
            lose(keyword, "dropped, since it is not valid JSON Schema")
    return applying(tidy, types_of(tidy)) if "type" in tidy else tidy


def applying(schema: Mapping[str, Any], types: Iterable[str]) -> dict[str, Any]:
    """Return the schema without the keywords that do not apply to values of these types."""
    of = {"number" if each == "integer" else each for each in types}
    vain = {keyword for kind in OF_TYPE.keys() - of for keyword in OF_TYPE[kind]}
    return without(schema, *vain)


def _renewed(schema: Mapping[str, Any]) -> dict[str, Any]:
    renewed = dict(schema)
    if isinstance(renewed.get("items"), list):  # a tuple, before 2020-12
        renewed.setdefault("prefixItems", renewed.pop("items"))
        renewed.pop("items", None)
        if _is_schema(rest := schema.get("additionalItems")):
            renewed["items"] = rest
        if not renewed["prefixItems"]:
            del renewed["prefixItems"]
    return renewed


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return the values without duplicates, by the equality of JSON Schema."""
    kept: dict[Hashable, Any] = {}
    for value in values:
        kept.setdefault(_identity(value), value)
    return list(kept.values())


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    return _identity(one) == _identity(other)


def _identity(value: Any) -> Hashable:
    match value:
        case bool():
            return ("bool", value)
        case dict():
            return ("dict", frozenset((key, _identity(each)) for key, each in value.items()))
        case list():
            return ("list", tuple(map(_identity, value)))
    return cast("Hashable", value)


def sendable(value: Any, largest: int) -> bool:
    """Return whether all numbers in a JSON value are finite and not beyond ``largest``."""
    match value:
        case bool():
            return True
        case int() | float():
            return math.isfinite(value) and abs(value) <= largest
        case dict():
            return all(sendable(each, largest) for each in value.values())
        case list():
            return all(sendable(each, largest) for each in value)
    return True

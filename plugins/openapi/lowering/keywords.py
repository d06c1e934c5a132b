"""Normalization of a schema's keywords to valid JSON Schema (2020-12).

Invalid values are dropped: a schema that accepts more is better than none.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.shared.json_schema import TYPES, is_number, is_one_of
from plugins.openapi.lowering.descriptions import described
from plugins.openapi.lowering.patterns import usable
from plugins.openapi.lowering.words import value_text
from plugins.openapi.reading.values import is_true, text, unspelled

_MEANT: Final[Mapping[str, tuple[str, str]]] = {  # invalid types: the type and format meant
    "any": ("", ""),
    "int": ("integer", ""),
    "int32": ("integer", "int32"),
    "int64": ("integer", "int64"),
    "long": ("integer", "int64"),
    "short": ("integer", ""),
    "float": ("number", "float"),
    "double": ("number", "double"),
    "decimal": ("number", ""),
    "numeric": ("number", ""),
    "bool": ("boolean", ""),
    "str": ("string", ""),
    "text": ("string", ""),
    "char": ("string", ""),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
    "date-time": ("string", "date-time"),
    "timestamp": ("string", "date-time"),
    "time": ("string", "time"),
    "uuid": ("string", "uuid"),
    "guid": ("string", "uuid"),
    "uri": ("string", "uri"),
    "url": ("string", "uri"),
    "email": ("string", "email"),
    "password": ("string", "password"),
    "byte": ("string", "byte"),
    "enum": ("string", ""),
    "file": ("string", "binary"),
    "binary": ("string", "binary"),
    "list": ("array", ""),
    "set": ("array", ""),
    "map": ("object", ""),
    "dict": ("object", ""),
    "hash": ("object", ""),
    "json": ("object", ""),
    "none": ("null", ""),
}
_NULLS: Final = frozenset({"nullable", "x-nullable"})
_MOST_INTEGER: Final = 2**63
_LONG_VALUE: Final = 500  # characters of JSON
_BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_COUNTS: Final = (
    *("minLength", "maxLength", "minItems", "maxItems"),
    *("minProperties", "maxProperties"),
)
_NUMERIC: Final = frozenset({*_BOUNDS, *_COUNTS, "multipleOf"})


def types_of(raw: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the types of a schema, each once, and the format that an invalid type stands for."""
    declared = raw.get("type")
    types: list[str] = []
    meant = ""
    for name in declared if isinstance(declared, list) else [declared]:
        word = text(name).strip().lower()
        kind, form = (word, "") if word in TYPES else _MEANT.get(word, ("", ""))
        meant = meant or form
        if kind and kind not in types:
            types.append(kind)
    return types or _implied(raw), meant


def _implied(raw: Mapping[str, Any]) -> list[str]:
    """Return the type that other keywords imply."""
    if isinstance(raw.get("properties"), dict) and raw["properties"]:
        return ["object"]
    return ["array"] if isinstance(raw.get("items"), dict) else []


def has_null(raw: Mapping[str, Any]) -> bool:
    """Return whether null is allowed by ``nullable`` (OpenAPI 3.0) or ``x-nullable`` (Swagger 2).

    A part of ``allOf`` with that keyword alone applies to the whole schema.
    """
    parts = raw.get("allOf")
    alone = (part for part in (parts if isinstance(parts, list) else ()) if isinstance(part, dict))
    schemas = [raw, *(part for part in alone if part.keys() <= _NULLS)]
    return any(is_true(each.get(name)) for each in schemas for name in _NULLS)


def keywords_of(raw: Mapping[str, Any], types: list[str], meant: str, depth: int) -> dict[str, Any]:
    """Return the keywords of a schema without subschemas, for these types.

    ``meant`` is the format of an invalid type, and ``depth`` the level of the schema in the tool.
    """
    null = has_null(raw)
    schema: dict[str, Any] = {}
    if types:
        kinds = [*types, "null"] if null and "null" not in types else types
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    if description := described(raw, types, depth):
        schema["description"] = description
    if (form := text(raw.get("format")) or meant) and types != ["object"]:
        schema["format"] = form
    values = _enum(raw, types)
    schema.update(_simple_keywords(raw, types))
    if null and values is not None and None not in values:
        schema["enum"] = [*values, None]
    if (default := _default(raw, types, values)) is not None:
        schema["default"] = default
    return schema


def _simple_keywords(raw: Mapping[str, Any], types: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield the keywords whose values are no schemas; ``enum`` alone if there is one."""
    if (values := _enum(raw, types)) is not None:
        yield "enum", values
        return
    if (pattern := usable(raw.get("pattern"))) is not None:
        yield "pattern", pattern
    if not _NUMERIC.isdisjoint(raw):
        yield from _numbers(raw)
    if raw.get("uniqueItems") is True:
        yield "uniqueItems", True
    for keyword in ("contentEncoding", "contentMediaType"):
        if isinstance(raw.get(keyword), str):
            yield keyword, raw[keyword]
    if "const" in raw and (fitted := fitting(raw["const"], types)) and _written(fitted[0]):
        yield "const", fitted[0]


def _numbers(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    bounds = {keyword: _number(raw.get(keyword)) for keyword in _BOUNDS}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if is_true(raw.get(exclusive)):  # before 3.1 it is a flag of the bound
            bounds[bound], bounds[exclusive] = None, bounds[bound]
    yield from ((keyword, value) for keyword, value in bounds.items() if value is not None)
    multiple = _number(raw.get("multipleOf"))
    if multiple is not None and multiple > 0:
        yield "multipleOf", multiple
    for keyword in _COUNTS:
        if (count := _count(raw.get(keyword))) is not None:
            yield keyword, count


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not is_number(value):
        return None
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < _MOST_INTEGER)
    if whole and -_MOST_INTEGER <= value < _MOST_INTEGER:
        return int(value)
    return float(value)


def _count(value: Any) -> int | None:
    number = _number(value)
    return number if isinstance(number, int) and number >= 0 else None


def names_in(value: Any, known: Mapping[str, Any] | None = None) -> list[str]:
    """Return the strings of a list, each once; a number counts if ``known`` has it as a key.

    YAML reads ``required: [1]`` as a number, but the key ``1:`` as a string.
    """
    if not isinstance(value, list):
        return []
    names = (each if isinstance(each, str) else text(each) for each in value)
    taken = (
        name
        for name, each in zip(names, value, strict=True)
        if isinstance(each, str) or name in (known or ())
    )
    return list(dict.fromkeys(taken))


def _enum(raw: Mapping[str, Any], types: list[str]) -> list[Any] | None:
    """Return the values of an enumeration, each once, converted to the schema's type; or None."""
    listed = raw.get("enum")
    if isinstance(listed, dict):
        listed = list(listed)
    if not isinstance(listed, list) or not listed:
        return None
    values = {}
    for value in listed:
        fitted = fitting(value, types)
        if fitted is not None and (written := _written(fitted[0])):
            values[written] = fitted[0]
    return list(values.values()) or None


def _written(value: Any) -> str:
    """Return a value as JSON; "" for one that is too long, or looks like a reference."""
    written = value_text(value, _LONG_VALUE)
    return "" if '"$ref"' in written else written


def fitting(value: Any, types: list[str]) -> tuple[Any] | None:
    """Convert a value to one of the types, in a tuple; None if it cannot be converted."""
    if not types or is_one_of(value, types):
        return (unspelled(value),)
    if "string" in types and isinstance(value, int | float):
        return (text(value),)
    if isinstance(value, str):
        if "boolean" in types and value.strip().lower() in ("true", "false"):
            return (value.strip().lower() == "true",)
        number = _number(value)
        if number is not None and is_one_of(number, types):
            return (number,)
    return None


def _default(raw: Mapping[str, Any], types: list[str], values: list[Any] | None) -> Any:
    """Return the default if the schema itself accepts it, else None.

    A default of null counts as none.
    """
    if (value := raw.get("default")) is None:
        return None
    fitted = fitting(value, types)
    if fitted is None or (values is not None and fitted[0] not in values):
        return None
    is_worth_it = not isinstance(fitted[0], dict | list) and _written(fitted[0])
    return fitted[0] if is_worth_it else None

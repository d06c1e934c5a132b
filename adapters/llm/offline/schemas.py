"""Reads from untrusted JSON Schema what a parameter accepts."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from adapters.llm.offline.text.language import split, terms
from domain.shared.json_schema import (
    CHOICES,
    PARTS,
    TYPES,
    is_null,
    is_number,
    is_one_of,
    mapping,
    opened,
    parts_of,
    properties_of,
    required_in,
    types_of,
    values_in,
    without,
)

_HOPS = 8  # references and alternatives that are followed
_LONGEST_MATCHED = 256  # characters that a schema's own pattern is tried on


class Kind(Enum):
    """The kind of value to look for."""

    ENUM = auto()
    EMAIL = auto()
    URI = auto()
    UUID = auto()
    EXPRESSION = auto()
    MOMENT = auto()
    DATE = auto()
    TIME = auto()
    ZONE = auto()
    REGION = auto()
    IDENTIFIER = auto()
    BOOLEAN = auto()
    NUMBER = auto()
    PLACE = auto()
    PERSON = auto()
    TEXT = auto()
    ARRAY = auto()
    OBJECT = auto()


_FORMATS = {
    "email": Kind.EMAIL,
    "idn-email": Kind.EMAIL,
    "uri": Kind.URI,
    "url": Kind.URI,
    "iri": Kind.URI,
    "uuid": Kind.UUID,
    "date": Kind.DATE,
    "date-time": Kind.MOMENT,
    "time": Kind.TIME,
}
_TYPES = {
    "boolean": Kind.BOOLEAN,
    "integer": Kind.NUMBER,
    "number": Kind.NUMBER,
    "array": Kind.ARRAY,
    "object": Kind.OBJECT,
}
_NAMES: Sequence[tuple[Kind, frozenset[str]]] = (
    (Kind.EXPRESSION, frozenset({"expression", "formula", "expresion"})),
    (Kind.ZONE, frozenset({"timezone", "tz", "tzname"})),
    (Kind.REGION, frozenset({"region"})),
    (Kind.EMAIL, frozenset({"email", "recipient"})),
    (Kind.URI, frozenset({"url", "uri", "link", "href"})),
    (Kind.IDENTIFIER, frozenset({"id", "uuid", "arn", "sku", "code", "identifier", "key"})),
    (Kind.DATE, frozenset({"date", "day", "due", "since", "until"})),
    (Kind.PLACE, frozenset({"city", "place", "location", "town", "country", "destination"})),
    (
        Kind.PERSON,
        frozenset({"customer", "user", "name", "person", "owner", "company", "contact", "author"}),
    ),
)
# Names of parameters that take any text to look for.
QUERIES = frozenset({"query", "q", "search", "text", "keyword", "term", "question", "prompt"})


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a tool: ``schema`` is resolved, ``terms`` are those of its name."""

    name: str
    schema: Mapping[str, Any]
    required: bool
    kind: Kind
    terms: tuple[str, ...]


def resolve(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow local references, and take the first alternative that is not null."""
    found = mapping(schema)
    for _ in range(_HOPS):
        said = opened(found, root)
        options = [each for each in parts_of(said, *CHOICES, "allOf") if isinstance(each, Mapping)]
        option = next((each for each in options if not is_null(each)), None)
        if said is found and option is None:
            break
        found = {**mapping(option), **without(said, *PARTS)}
    return without(found, "$ref", *PARTS)


def type_of(schema: Mapping[str, Any]) -> str | None:
    """Return the type of the values, the first that is not null; None for any."""
    if declared := [each for each in types_of(schema) if each != "null"]:
        return declared[0]
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else None


def choices(schema: Mapping[str, Any]) -> Sequence[Any]:
    """Return the allowed values; empty if the schema has no enum."""
    return values_in(schema) or ()


def kind_of(name: str, schema: Mapping[str, Any]) -> Kind:
    """Return the kind of value of a parameter, by its schema and then by its name."""
    if choices(schema):
        return Kind.ENUM
    form = schema.get("format")
    by_schema = _TYPES.get(type_of(schema) or "") or _FORMATS.get(str(form))
    return by_schema or _kind_of_text(split(name), str(schema.get("description", "")).casefold())


def _kind_of_text(words: Sequence[str], description: str) -> Kind:
    """Return the kind of a text parameter, by the words of its name and description."""
    said = set(words)
    if "iana" in description or {"time", "zone"} <= said:
        return Kind.ZONE
    if said & {"to", "address"} and "mail" in description:
        return Kind.EMAIL
    if words and words[-1] in {"id", "uuid", "arn", "sku"}:
        return Kind.IDENTIFIER
    return next((kind for kind, names in _NAMES if said & names), Kind.TEXT)


def fields_of(parameters: Any) -> Sequence[Field]:
    """Return the parameters of a tool in the order of its schema."""
    root = mapping(parameters)
    top = resolve(root, root)
    required = set(required_in(top))
    fields = []
    for name, schema in properties_of(top).items():
        known = resolve(schema, root)
        fields.append(
            Field(str(name), known, name in required, kind_of(str(name), known), tuple(terms(name)))
        )
    return fields


def item_field(field: Field, root: Mapping[str, Any]) -> Field:
    """Return the field of an array's items."""
    schema = resolve(field.schema.get("items"), root)
    return Field(field.name, schema, field.required, kind_of(field.name, schema), field.terms)


def _within(value: float, schema: Mapping[str, Any]) -> bool:
    """Return whether the number is within the bounds; malformed bounds are ignored."""
    tests: Sequence[tuple[str, Callable[[float, float], bool]]] = (
        ("minimum", operator.ge),
        ("maximum", operator.le),
        ("exclusiveMinimum", operator.gt),
        ("exclusiveMaximum", operator.lt),
        ("multipleOf", lambda figure, step: step <= 0 or figure % step == 0),
    )
    return all(test(value, schema[name]) for name, test in tests if is_number(schema.get(name)))


def _matches(value: str, pattern: Any) -> bool:
    if not isinstance(pattern, str):
        return True
    try:
        return re.search(pattern, value[:_LONGEST_MATCHED]) is not None
    except (re.error, OverflowError, RecursionError):
        return True  # not a pattern of Python's: left to whoever runs the tool


def _sized(value: str | list[Any], low: Any, high: Any) -> bool:
    return (not is_number(low) or len(value) >= low) and (not is_number(high) or len(value) <= high)


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Return whether a value fits a resolved schema."""
    allowed = choices(schema)
    if allowed and not any(value == each and type(value) is type(each) for each in allowed):
        return False
    declared = type_of(schema)
    if declared in TYPES and not is_one_of(value, {declared}):
        return False
    if isinstance(value, str):
        sized = _sized(value, schema.get("minLength"), schema.get("maxLength"))
        return sized and _matches(value, schema.get("pattern"))
    if isinstance(value, list):
        return _sized(value, schema.get("minItems"), schema.get("maxItems"))
    return not is_number(value) or _within(value, schema)

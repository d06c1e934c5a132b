"""What a parameter takes, read from its JSON Schema with nothing taken for granted."""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from adapters.llm.offline.language import split, terms

_HOPS = 8  # references and alternatives that are followed
_LONGEST_MATCHED = 256  # characters that a schema's own pattern is tried on


class Kind(Enum):
    """What sort of value to look for."""

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


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value where it is an object, and an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """Return the value where it is an array, and an empty one otherwise."""
    return value if isinstance(value, list | tuple) else ()


def _alternative(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for key in ("anyOf", "oneOf", "allOf"):
        for option in sequence(schema.get(key)):
            if isinstance(option, Mapping) and option.get("type") != "null":
                return option
    return None


def resolve(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references within the document and take the first alternative that is not null."""
    found = mapping(schema)
    for _ in range(_HOPS):
        reference, option = found.get("$ref"), _alternative(found)
        if isinstance(reference, str) and reference.startswith("#/"):
            target: Any = root
            for key in reference[2:].split("/"):
                target = mapping(target).get(key)
            option = mapping(target)
        if option is None:
            return found
        rest = {k: v for k, v in found.items() if k not in {"$ref", "anyOf", "oneOf", "allOf"}}
        found = {**option, **rest}
    return {k: v for k, v in found.items() if k not in {"$ref", "anyOf", "oneOf", "allOf"}}


def type_of(schema: Mapping[str, Any]) -> str | None:
    """Return the type that values must have, the first that is not null; None if any will do."""
    declared = schema.get("type")
    for each in [declared] if isinstance(declared, str) else sequence(declared):
        if isinstance(each, str) and each != "null":
            return each
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else None


def choices(schema: Mapping[str, Any]) -> Sequence[Any]:
    """Return the values that are allowed; empty where the schema does not list them."""
    return [schema["const"]] if "const" in schema else sequence(schema.get("enum"))


def kind_of(name: str, schema: Mapping[str, Any]) -> Kind:
    """Return what sort of value the parameter takes, by its schema and then by its name."""
    if choices(schema):
        return Kind.ENUM
    form = schema.get("format")
    by_schema = _TYPES.get(type_of(schema) or "") or _FORMATS.get(str(form))
    return by_schema or _kind_of_text(split(name), str(schema.get("description", "")).casefold())


def _kind_of_text(words: Sequence[str], description: str) -> Kind:
    """Return what sort of text a parameter takes, by the words of its name and description."""
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
    required = {each for each in sequence(top.get("required")) if isinstance(each, str)}
    fields = []
    for name, schema in mapping(top.get("properties")).items():
        known = resolve(schema, root)
        fields.append(
            Field(str(name), known, name in required, kind_of(str(name), known), tuple(terms(name)))
        )
    return fields


def item_field(field: Field, root: Mapping[str, Any]) -> Field:
    """Return what one item of an array parameter takes."""
    schema = resolve(field.schema.get("items"), root)
    return Field(field.name, schema, field.required, kind_of(field.name, schema), field.terms)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_IS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": _is_number,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
}


def _within(value: float, schema: Mapping[str, Any]) -> bool:
    """Tell whether the figure keeps the bounds; a bound that is no number binds nothing."""
    tests: Sequence[tuple[str, Callable[[float, float], bool]]] = (
        ("minimum", operator.ge),
        ("maximum", operator.le),
        ("exclusiveMinimum", operator.gt),
        ("exclusiveMaximum", operator.lt),
        ("multipleOf", lambda figure, step: step <= 0 or figure % step == 0),
    )
    return all(test(value, schema[name]) for name, test in tests if _is_number(schema.get(name)))


def _matches(value: str, pattern: Any) -> bool:
    if not isinstance(pattern, str):
        return True
    try:
        return re.search(pattern, value[:_LONGEST_MATCHED]) is not None
    except (re.error, OverflowError, RecursionError):
        return True  # not a pattern of Python's: left to whoever runs the tool


def _sized(value: str | list[Any], low: Any, high: Any) -> bool:
    return (not _is_number(low) or len(value) >= low) and (
        not _is_number(high) or len(value) <= high
    )


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Tell whether a value keeps the constraints of a resolved schema."""
    allowed = choices(schema)
    if allowed and not any(value == each and type(value) is type(each) for each in allowed):
        return False
    has_type = _IS.get(type_of(schema) or "")
    if has_type is not None and not has_type(value):
        return False
    if isinstance(value, str):
        sized = _sized(value, schema.get("minLength"), schema.get("maxLength"))
        return sized and _matches(value, schema.get("pattern"))
    if isinstance(value, list):
        return _sized(value, schema.get("minItems"), schema.get("maxItems"))
    return not _is_number(value) or _within(value, schema)

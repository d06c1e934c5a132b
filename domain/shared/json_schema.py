"""The kit that walks JSON Schema (2020-12): subschemas, types, and references.

Schemas may be malformed: a keyword with a value of the wrong type counts as absent. Every walk is
iterative and bounded, even in a schema that contains itself. The keywords are those of
https://json-schema.org/draft/2020-12/json-schema-core, sections 8 and 10, and of
json-schema-validation, section 6, and those of older drafts that are still in use.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeGuard

from domain.shared.json_pointers import value_at

Schema = Mapping[str, Any]
Path = tuple[tuple[str | int, ...], ...]
"""The path to a subschema: ``(("properties", "lines"), ("items",))``."""

TYPES: Final = frozenset({"string", "integer", "number", "boolean", "null", "object", "array"})
CHOICES: Final = ("anyOf", "oneOf")
PARTS: Final = ("allOf", *CHOICES)
"""Keywords that list schemas for the same value (in-place applicators)."""

SINGLE: Final = frozenset(
    {
        *("items", "contains", "additionalProperties", "propertyNames", "not", "if", "then"),
        *("else", "unevaluatedItems", "unevaluatedProperties", "contentSchema"),
        "additionalItems",  # before 2020-12
    }
)
"""Keywords whose value is a schema."""
LISTED: Final = frozenset({*PARTS, "prefixItems"})
"""Keywords whose value is a list of schemas."""
NAMED: Final = frozenset(
    {
        *("properties", "patternProperties", "dependentSchemas", "$defs"),
        "definitions",  # before 2019-09
    }
)
"""Keywords whose value is an object of schemas by name: its keys are no keywords."""

DEFINITIONS: Final = "#/$defs/"
"""The prefix of a reference to a definition; tools' schemas have no other references."""
ANYTHING: Final[Schema] = {}  # one object: compared schemas are remembered by identity
DEEPEST: Final = 100
"""The maximum nesting of schemas; deeper ones are not visited."""
MOST: Final = 100_000
"""The maximum number of subschemas visited in one schema."""
_MOST_STEPS: Final = 50  # in a chain of references
_HOLDING: Final = SINGLE | LISTED | NAMED


# Keywords of a schema


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else ANYTHING


def without(schema: Schema, *keywords: str) -> dict[str, Any]:
    """Return a copy of a schema without these keywords."""
    return {keyword: value for keyword, value in schema.items() if keyword not in keywords}


def properties_of(schema: Any) -> Mapping[str, Any]:
    """Return the schemas of a schema's ``properties``, by name."""
    return mapping(mapping(schema).get("properties"))


def required_in(schema: Any) -> list[str]:
    """Return the names of the properties that a schema requires, each once."""
    named = mapping(schema).get("required")
    listed = named if isinstance(named, list | tuple) else ()
    return list(dict.fromkeys(name for name in listed if isinstance(name, str)))


def types_of(schema: Any) -> list[str]:
    """Return the types that ``type`` names, each once; none if there is no ``type``."""
    named = mapping(schema).get("type")
    listed = named if isinstance(named, list | tuple) else (named,)
    return list(dict.fromkeys(name for name in listed if isinstance(name, str)))


def is_null(schema: Any) -> bool:
    """Tell whether a schema takes null and nothing else."""
    return types_of(schema) == ["null"]


def values_in(schema: Any) -> list[Any] | None:
    """Return the values that ``const`` or ``enum`` list; None if neither does."""
    if "const" in (keywords := mapping(schema)):
        return [keywords["const"]]
    listed = keywords.get("enum")
    return list(listed) if isinstance(listed, list | tuple) else None


def parts_of(schema: Any, *keywords: str) -> list[Any]:
    """Return the schemas that these keywords (of `LISTED`) list, one after the other."""
    checked = mapping(schema)
    lists = (checked.get(keyword) for keyword in keywords)
    return [part for listed in lists if isinstance(listed, list | tuple) for part in listed]


# Types of values


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is a number that JSON has: finite, and no boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def type_of(value: Any) -> str:
    """Return the JSON type of a value, the narrowest: 5 and 5.0 are integers."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
    return "array" if isinstance(value, list | tuple) else "object"


def is_one_of(value: Any, types: Collection[str]) -> bool:
    """Tell whether a value is of one of the types; an integer is a number, too.

    NaN and infinities, which JSON has not, are of none.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return False
    kind = type_of(value)
    return kind in types or (kind == "integer" and "number" in types)


# Schemas in a schema


def inside(schema: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield the direct subschemas of a schema, each after the steps that lead to it.

    The steps are a keyword, and for `LISTED` and `NAMED` the index or the name.
    """
    for keyword, value in mapping(schema).items():
        if keyword not in _HOLDING:
            continue
        if keyword in NAMED:
            for name, each in mapping(value).items():
                yield (keyword, name), each
        elif isinstance(value, list | tuple):  # or ``items``, before 2020-12
            for at, each in enumerate(value):
                yield (keyword, at), each
        elif keyword in SINGLE:
            yield (keyword,), value


def with_each(schema: Any, change: Callable[[Any], Any]) -> Any:
    """Return a schema with ``change`` applied to each direct subschema; a non-object stays."""
    if not isinstance(schema, Mapping):
        return schema
    changed = dict(schema)
    for keyword in changed.keys() & _HOLDING:
        value = changed[keyword]
        if keyword in NAMED:
            changed[keyword] = {name: change(each) for name, each in mapping(value).items()}
        elif isinstance(value, list | tuple):
            changed[keyword] = [change(each) for each in value]
        elif keyword in SINGLE:
            changed[keyword] = change(value)
    return changed


def walk(schema: Any, deepest: int = DEEPEST) -> Iterator[tuple[Path, Schema]]:
    """Yield a schema and all its subschemas, each with its path, depth first, in document order.

    References are not followed. At most `MOST` are visited, and what lies deeper than
    ``deepest`` is not.
    """
    waiting: list[tuple[Path, Any]] = [((), schema)]
    for _ in range(MOST):
        if not waiting:
            return
        path, each = waiting.pop()
        if isinstance(each, Mapping):
            yield path, each
            if len(path) < deepest and len(waiting) < MOST and not _HOLDING.isdisjoint(each):
                children = [((*path, steps), inner) for steps, inner in inside(each)]
                waiting += reversed(children)


def refers(schema: Any) -> bool:
    """Tell whether a schema contains a reference, and so depends on other schemas."""
    return next(references_in(schema), None) is not None


def references_in(schema: Any) -> Iterator[str]:
    """Yield the references in a schema, repeated ones too."""
    for _, each in walk(schema):
        if isinstance(reference := each.get("$ref"), str):
            yield reference


def path_to(path: str, name: str) -> str:
    """Return the dotted path of a property of the value at ``path``, for people: ``body.name``."""
    return f"{path}.{name}" if path else name


# Where references lead


def definitions_of(root: Any) -> Mapping[str, Any]:
    """Return the definitions of a whole schema, by name."""
    return mapping(mapping(root).get("$defs"))


def target_of(schema: Any, root: Any) -> Any:
    """Return the schema that ``$ref`` points at within the root schema.

    None if there is no reference, or it leads nowhere: an anchor, another document.
    """
    reference = mapping(schema).get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    return value_at(root, reference[1:])


def resolved(schema: Any, root: Any) -> Any:
    """Follow a chain of references; return the schema at its end, or itself without a reference.

    A reference that leads nowhere gives a schema that accepts anything.
    """
    for _ in range(_MOST_STEPS):
        if "$ref" not in mapping(schema):
            return schema
        target = target_of(schema, root)
        schema = ANYTHING if target is None else target
    return ANYTHING


def opened(schema: Any, root: Any) -> Schema:
    """Return a schema with its reference replaced by the schema it points at (one step).

    Keywords beside the reference win. A reference that leads nowhere stays.
    """
    if not isinstance(schema, Mapping):
        return {"not": {}} if schema is False else {}
    target = target_of(schema, root)
    return {**target, **without(schema, "$ref")} if isinstance(target, Mapping) else schema


def facets(schema: Any, root: Any, keywords: Collection[str] = PARTS) -> Iterator[Schema]:
    """Yield all schemas that apply to a value of this one: itself, its reference, and its parts.

    ``keywords`` are followed, beside ``$ref``. Each schema comes once.
    """
    waiting, seen = [schema], set[int]()
    for _ in range(MOST):
        if not waiting:
            return
        each = waiting.pop()
        if not isinstance(each, Mapping) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        parts = [inner for steps, inner in inside(each) if steps[0] in keywords]
        waiting += [*reversed(parts), target_of(each, root)]


def reached(schema: Any, root: Any) -> dict[str, Any]:
    """Return the definitions reachable from a schema by references, sorted by name."""
    definitions, reachable = definitions_of(root), dict[str, Any]()
    waiting = [schema]
    while waiting:
        for reference in references_in(waiting.pop()):
            name = definition_in(reference)
            if name in definitions and name not in reachable:
                reachable[name] = definitions[name]
                waiting.append(definitions[name])
    return dict(sorted(reachable.items()))


def definition_in(reference: Any) -> str:
    """Return the name of the definition that a reference points at; empty for any other."""
    is_one = isinstance(reference, str) and reference.startswith(DEFINITIONS)
    return reference.removeprefix(DEFINITIONS) if is_one else ""

"""JSON Schema (2020-12), as everybody here reads it: what holds schemas, types, and references.

Nothing is taken for granted: what is not well-formed counts as not there. No walk takes a stack,
and each has an end, even in a schema that is made of itself. The keywords are those of
https://json-schema.org/draft/2020-12/json-schema-core, sections 8 and 10, and of
json-schema-validation, section 6; of the drafts before, what still is found.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeGuard

from domain.shared.json_pointers import value_at

Schema = Mapping[str, Any]
Path = tuple[tuple[str | int, ...], ...]
"""Where a schema is in another: ``(("properties", "lines"), ("items",))``."""

TYPES: Final = frozenset({"string", "integer", "number", "boolean", "null", "object", "array"})
CHOICES: Final = ("anyOf", "oneOf")
PARTS: Final = ("allOf", *CHOICES)
"""Keywords that list schemas of the very same value."""

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
"""Keywords whose value is an object of schemas, of which the keys are no keywords."""

DEFINITIONS: Final = "#/$defs/"
"""How a reference to one of a tool's definitions begins; no other is in a schema of ours."""
ANYTHING: Final[Schema] = {}  # one object: what was compared is known by its identity
DEEPEST: Final = 100
"""How deep schemas may lie in each other; what is deeper is not looked at."""
MOST: Final = 100_000
"""How many schemas of one are looked at."""
_MOST_STEPS: Final = 50  # from one reference to the next
_HOLDING: Final = SINGLE | LISTED | NAMED


# What a schema says


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value where it is an object, and an empty one otherwise."""
    return value if isinstance(value, Mapping) else ANYTHING


def without(schema: Schema, *keywords: str) -> dict[str, Any]:
    """Return a copy of a schema that lacks these keywords."""
    return {keyword: value for keyword, value in schema.items() if keyword not in keywords}


def properties_of(schema: Any) -> Mapping[str, Any]:
    """Return the schemas of the properties that a schema names, by name."""
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
    if "const" in (said := mapping(schema)):
        return [said["const"]]
    listed = said.get("enum")
    return list(listed) if isinstance(listed, list | tuple) else None


def parts_of(schema: Any, *keywords: str) -> list[Any]:
    """Return the schemas that these keywords (of `LISTED`) list, one after the other."""
    said = mapping(schema)
    lists = (said.get(keyword) for keyword in keywords)
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
    """Yield the schemas directly within a schema, each after the steps that lead to it.

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
    """Return a schema with each schema directly within it changed; what is no object stays."""
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
    """Yield a schema and all within it, each after its path, in the order in which they stand.

    References are not followed. At most `MOST` are looked at, and what lies deeper than
    ``deepest`` is not.
    """
    waiting: list[tuple[Path, Any]] = [((), schema)]
    for _ in range(MOST):
        if not waiting:
            return
        path, each = waiting.pop()
        if isinstance(each, Mapping):
            yield path, each
            if len(path) < deepest and len(waiting) < MOST:
                found = [((*path, steps), inner) for steps, inner in inside(each)]
                waiting += reversed(found)


def refers(schema: Any) -> bool:
    """Tell whether there is a reference in a schema: then it does not say all that holds."""
    return next(references_in(schema), None) is not None


def references_in(schema: Any) -> Iterator[str]:
    """Yield the references in a schema, each as often as it stands there."""
    for _, each in walk(schema):
        if isinstance(reference := each.get("$ref"), str):
            yield reference


def path_to(path: str, name: str) -> str:
    """Return the path, for people, of a property of what stands at one: ``body.name``."""
    return f"{path}.{name}" if path else name


# Where references lead


def definitions_of(root: Any) -> Mapping[str, Any]:
    """Return the definitions of a whole schema, by name."""
    return mapping(mapping(root).get("$defs"))


def target_of(schema: Any, root: Any) -> Any:
    """Return what a schema refers to in the whole one.

    None if it refers to nothing, or to what is not there: an anchor, another document.
    """
    reference = mapping(schema).get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    return value_at(root, reference[1:])


def resolved(schema: Any, root: Any) -> Any:
    """Return what a schema refers to at last; itself if it refers to nothing.

    What is not there is a schema that takes anything.
    """
    for _ in range(_MOST_STEPS):
        if "$ref" not in mapping(schema):
            return schema
        found = target_of(schema, root)
        schema = ANYTHING if found is None else found
    return ANYTHING


def opened(schema: Any, root: Any) -> Schema:
    """Return a schema with what it refers to in the place of the reference.

    What stands beside the reference counts more. A reference that leads nowhere stays.
    """
    if not isinstance(schema, Mapping):
        return {"not": {}} if schema is False else {}
    target = target_of(schema, root)
    return {**target, **without(schema, "$ref")} if isinstance(target, Mapping) else schema


def facets(schema: Any, root: Any, keywords: Collection[str] = PARTS) -> Iterator[Schema]:
    """Yield all schemas that a value of this one meets: itself, what it refers to, and parts.

    ``keywords`` lead from one to the next, beside ``$ref``. Each target of references comes once.
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
    """Return the definitions that a schema refers to, directly or not, sorted by name."""
    definitions, found = definitions_of(root), dict[str, Any]()
    waiting = [schema]
    while waiting:
        for reference in references_in(waiting.pop()):
            name = definition_in(reference)
            if name in definitions and name not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
    return dict(sorted(found.items()))


def definition_in(reference: Any) -> str:
    """Return the name of the definition that a reference leads to; empty if it is no such."""
    is_one = isinstance(reference, str) and reference.startswith(DEFINITIONS)
    return reference.removeprefix(DEFINITIONS) if is_one else ""

"""Fixed arguments: their values are set by the operator, hidden from models, and never recorded.

They are keyed by pattern of operations (`domain.learning.api.patterns`), then by argument;
``body.auth.token`` is a property of an object in the body. The name of a security scheme fixes its
credential.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from domain.learning.api.patterns import fits
from domain.shared.errors import InvalidArguments
from domain.shared.json_schema import (
    PARTS,
    Schema,
    facets,
    mapping,
    opened,
    parts_of,
    path_to,
    properties_of,
    reached,
    required_in,
    without,
)
from domain.tools.schema_text import SchemaText, decoded
from domain.tools.tool import ToolSpec

Values = Mapping[str, Mapping[str, Any]]
"""The values, by pattern and argument."""
Names = Mapping[str, tuple[str, ...]]
"""The arguments that are fixed, by pattern."""
Path = tuple[str, ...]
"""The name of an argument, then those of properties in it: ``("body", "auth", "token")``."""

STANDS_FOR: Final = "fixed"
"""The placeholder for a fixed value in a displayed request."""
_DEEPEST: Final = 8  # names in a path
_SHALLOW: Final = 4  # the same, where an argument is searched for all its properties
_MOST: Final = 1_000  # properties that such a search returns


def names_of(values: Values) -> Names:
    """Return the names of the fixed arguments, without the values."""
    return {pattern: tuple(sorted(fixed)) for pattern, fixed in values.items()}


def fixed_names(names: Names, operation: str, operation_id: str) -> list[str]:
    """Return the names fixed by patterns that match an operation, whether it has them or not."""
    matching = dict.fromkeys(
        name
        for pattern, listed in names.items()
        if fits(pattern, operation, operation_id)
        for name in listed
    )
    return list(matching)


def values_for(values: Values, operation: str, operation_id: str) -> dict[str, Any]:
    """Return the fixed values for an operation; the first matching pattern wins."""
    merged: dict[str, Any] = {}
    for pattern, fixed in values.items():
        if fits(pattern, operation, operation_id):
            merged = {**fixed, **merged}
    return merged


def path_in(parameters: Schema, name: str) -> Path | None:
    """Return the path that a dotted name means in a schema of arguments; None if there is none.

    A property whose own name has dots counts before those that it might lead to. Properties of
    objects in lists have no path.
    """
    return _path([parameters], name, parameters, _DEEPEST)


def _path(schemas: Iterable[Any], name: str, root: Schema, deepest: int) -> Path | None:
    known = _properties(schemas, root)
    if name in known:
        return (name,)
    for at, sign in enumerate(name):
        if sign == "." and name[:at] in known and deepest > 1:
            inner = _path(known[name[:at]], name[at + 1 :], root, deepest - 1)
            if inner is not None:
                return (name[:at], *inner)
    return None


def properties_within(parameters: Schema, argument: str) -> Mapping[str, Any]:
    """Return the schemas of an argument's own properties, by name."""
    return properties_of(opened(properties_of(parameters).get(argument), parameters))


def all_within(parameters: Schema, argument: str) -> Iterator[tuple[str, Schema]]:
    """Yield the properties of an argument and of the objects in it: dotted name and schema.

    The least deep come first, down to four names and at most a thousand properties.
    """
    waiting = deque([(argument, 1, [properties_of(parameters).get(argument)])])
    for _ in range(_MOST):
        if not waiting:
            return
        path, depth, schemas = waiting.popleft()
        if depth > 1:
            yield path, mapping(schemas[0])
        if depth < _SHALLOW and len(waiting) < _MOST and any(map(_may_be_object, schemas)):
            known = _properties(schemas, parameters)
            waiting += [(path_to(path, name), depth + 1, each) for name, each in known.items()]


def _may_be_object(schema: Any) -> bool:
    return not {"properties", "$ref", *PARTS}.isdisjoint(mapping(schema))


def _properties(schemas: Iterable[Any], root: Schema) -> dict[str, list[Any]]:
    """Return the properties of values of these schemas; alternatives may each have their own."""
    known: dict[str, list[Any]] = {}
    for schema in schemas:
        for facet in facets(schema, root):
            for name, each in properties_of(facet).items():
                known.setdefault(name, []).append(each)
    return known


def without_arguments(spec: ToolSpec, paths: Iterable[Path]) -> ToolSpec:
    """Return the tool's specification for models, without these arguments."""
    parameters = without_properties(decoded(spec.parameters), paths)
    return replace(spec, parameters=SchemaText.of(parameters))


def without_properties(parameters: Schema, paths: Iterable[Path]) -> dict[str, Any]:
    """Return the schema of a tool's arguments without these; missing ones are ignored.

    An object without any other required property becomes optional.
    """
    rest: Any = parameters
    for path in paths:
        rest = _without(rest, path, rest)
    return _with_reached(rest) if "$defs" in rest else dict(rest)


def _without(schema: Any, path: Path, root: Schema) -> Any:
    name, inner_path = path[0], path[1:]
    inner = _properties([schema], root).get(name, ()) if inner_path else ()
    is_needed = any(_requires(_without(each, inner_path, root), root) for each in inner)
    return _pruned(schema, _Removal(name, inner_path, is_needed, root), frozenset())


class _Removal(NamedTuple):
    """The removal of a property, or of what is in it; ``is_needed``: the rest is still required."""

    name: str
    inner_path: Path
    is_needed: bool
    root: Schema

    def concerns(self, schema: Any) -> bool:
        """Return whether a schema has the property, or requires it."""
        known = _properties([schema], self.root)
        return self.name in known or _requires(schema, self.root, self.name)


def _pruned(schema: Any, removal: _Removal, seen: frozenset[str]) -> Any:
    """Return a schema after the removal, in all its alternatives, with their references inlined."""
    reference = str(mapping(schema).get("$ref", ""))
    if reference in seen or not removal.concerns(schema):
        return schema
    name, root, seen = removal.name, removal.root, seen | ({reference} - {""})
    rest = dict(opened(schema, root))
    if not removal.is_needed:
        rest = _not_required(rest, name)
    properties = properties_of(rest)
    if name in properties:
        rest["properties"] = without(properties, name)
        if removal.inner_path:
            inner = _without(properties[name], removal.inner_path, root)
            rest["properties"] = {**properties, name: inner}
    for keyword in PARTS:
        if parts := parts_of(rest, keyword):
            rest[keyword] = [_pruned(each, removal, seen) for each in parts]
    return rest


def _requires(schema: Any, root: Schema, name: str | None = None) -> bool:
    """Tell whether a value of the schema needs this property, or any."""
    required = {each for facet in facets(schema, root) for each in required_in(facet)}
    return bool(required) if name is None else name in required


def with_fixed(arguments: Mapping[str, Any], fixed: Mapping[Path, Any]) -> dict[str, Any]:
    """Return the arguments of a call with the fixed ones added, in objects made where missing.

    Raises:
        InvalidArguments: a fixed property belongs to a value that is no object.

    """
    whole = dict(arguments)
    for path in sorted(fixed):  # an object before what is in it
        whole = _with(whole, path, fixed[path])
    return whole


def _with(given: Any, path: Path, value: Any, at: str = "") -> dict[str, Any]:
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise InvalidArguments(f"{at!r} must be an object.")
    name, *rest = path
    if rest:
        value = _with(given.get(name), tuple(rest), value, path_to(at, name))
    return {**given, name: value}


def shown_values(paths: Iterable[Path]) -> dict[Path, Any]:
    """Return a placeholder for each fixed value, for a displayed request."""
    return dict.fromkeys(paths, STANDS_FOR)


def forms_of(fixed: Mapping[Any, Any]) -> list[str]:
    """Return the values in the forms in which they are sent, for redaction."""
    texts = [text for value in fixed.values() for text in _texts(value)]
    return [form for text in texts for form in (text, quote(text, safe=""))]


def _texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case Mapping():
            return [text for inner in value.values() for text in _texts(inner)]
        case list():
            return [text for inner in value for text in _texts(inner)]
        case _:
            return [json.dumps(value)]


def _not_required(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    required = [each for each in required_in(schema) if each != name]
    return without(schema, "required") | ({"required": required} if required else {})


def _with_reached(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with only those definitions that it still refers to."""
    rest = without(schema, "$defs")
    definitions = reached(rest, schema)
    return {**rest, "$defs": definitions} if definitions else rest

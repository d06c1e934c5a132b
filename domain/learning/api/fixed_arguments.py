"""Fixed arguments: their values are set by the operator, hidden from models, and never recorded.

They are keyed by pattern of operations (`domain.learning.api.patterns`), then by argument;
``body.name`` is a property of the body. The name of a security scheme fixes its credential.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from domain.learning.api.patterns import fits
from domain.shared.errors import InvalidArguments
from domain.shared.json_schema import opened, properties_of, reached, required_in, without
from domain.tools.tool import ToolSpec

Values = Mapping[str, Mapping[str, Any]]
"""The values, by pattern and argument."""
Names = Mapping[str, tuple[str, ...]]
"""The arguments that are fixed, by pattern."""

STANDS_FOR: Final = "fixed"
"""The placeholder for a fixed value in a displayed request."""


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


def has_argument(spec: ToolSpec, name: str) -> bool:
    """Tell whether a tool has an argument of that name."""
    outer, _, inner = name.partition(".")
    if name in properties_of(spec.parameters):
        return True
    return bool(inner) and inner in properties_within(spec.parameters, outer)


def properties_within(parameters: Mapping[str, Any], argument: str) -> Mapping[str, Any]:
    """Return the schemas of an argument's own properties, by name."""
    return properties_of(opened(properties_of(parameters).get(argument), parameters))


def without_arguments(spec: ToolSpec, names: Iterable[str]) -> ToolSpec:
    """Return the tool's specification for models, without these arguments."""
    return replace(spec, parameters=without_properties(spec.parameters, names))


def without_properties(parameters: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a tool's arguments without these; missing ones are ignored.

    A body without any other required property becomes optional.
    """
    rest = dict(parameters)
    for name in names:
        outer, _, inner = name.partition(".")
        if name in properties_of(rest):
            rest = _without(rest, name)
        elif inner and inner in properties_within(rest, outer):
            properties = properties_of(rest)
            remaining = _without(opened(properties[outer], rest), inner)
            if not required_in(remaining):
                rest = _not_required(rest, outer)
            rest["properties"] = {**properties, outer: remaining}
    return _with_reached(rest) if "$defs" in rest else rest


def with_fixed(arguments: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with the fixed ones added.

    Raises:
        InvalidArguments: a fixed property belongs to a value that is no object.

    """
    whole = dict(arguments)
    for name, value in fixed.items():
        outer, _, inner = name.partition(".")
        if not inner:
            whole[name] = value
            continue
        value_given = whole.get(outer, {})
        if not isinstance(value_given, Mapping):
            raise InvalidArguments(f"{outer!r} must be an object.")
        whole[outer] = {**value_given, inner: value}
    return whole


def shown_values(names: Iterable[str]) -> dict[str, Any]:
    """Return a placeholder for each fixed value, for a displayed request."""
    return dict.fromkeys(names, STANDS_FOR)


def forms_of(fixed: Mapping[str, Any]) -> list[str]:
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


def _without(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**_not_required(schema, name), "properties": without(properties_of(schema), name)}


def _not_required(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    required = [each for each in required_in(schema) if each != name]
    return without(schema, "required") | ({"required": required} if required else {})


def _with_reached(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with only those definitions that it still refers to."""
    rest = without(schema, "$defs")
    definitions = reached(rest, schema)
    return {**rest, "$defs": definitions} if definitions else rest

"""Arguments that an operator fixes: no model sees or sets them, and no record holds their values.

They are by pattern of operations (`domain.learning.patterns`), then by argument; ``body.name`` is a
property of the body. The name of a security scheme fixes its credential.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from domain.learning.patterns import fits
from domain.shared.errors import InvalidArguments
from domain.shared.json_schema import opened, properties_of, reached, required_in, without
from domain.tools.tool import ToolSpec

Values = Mapping[str, Mapping[str, Any]]
"""The values, by pattern and argument."""
Names = Mapping[str, tuple[str, ...]]
"""The arguments that are fixed, by pattern."""

STANDS_FOR: Final = "fixed"
"""What is shown of a fixed value where a request is shown."""


def names_of(values: Values) -> Names:
    """Return what is fixed, without the values."""
    return {pattern: tuple(sorted(fixed)) for pattern, fixed in values.items()}


def fixed_names(names: Names, operation: str, operation_id: str) -> list[str]:
    """Return what is fixed by the patterns that an operation fits, whether it has it or not."""
    found = dict.fromkeys(
        name
        for pattern, listed in names.items()
        if fits(pattern, operation, operation_id)
        for name in listed
    )
    return list(found)


def values_for(values: Values, operation: str, operation_id: str) -> dict[str, Any]:
    """Return the values for an operation; of several patterns the first counts."""
    found: dict[str, Any] = {}
    for pattern, fixed in values.items():
        if fits(pattern, operation, operation_id):
            found = {**fixed, **found}
    return found


def has_argument(spec: ToolSpec, name: str) -> bool:
    """Tell whether a tool has an argument of that name."""
    outer, _, inner = name.partition(".")
    if name in properties_of(spec.parameters):
        return True
    return bool(inner) and inner in properties_within(spec.parameters, outer)


def properties_within(parameters: Mapping[str, Any], argument: str) -> Mapping[str, Any]:
    """Return the schemas of the properties that an argument has, by their names."""
    return properties_of(opened(properties_of(parameters).get(argument), parameters))


def without_arguments(spec: ToolSpec, names: Iterable[str]) -> ToolSpec:
    """Return the tool as a model is shown it: of these arguments, it takes none that it has."""
    return replace(spec, parameters=without_properties(spec.parameters, names))


def without_properties(parameters: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a tool's arguments without these, so far as it has them.

    A body of which nothing else is required need not be given.
    """
    rest = dict(parameters)
    for name in names:
        outer, _, inner = name.partition(".")
        if name in properties_of(rest):
            rest = _without(rest, name)
        elif inner and inner in properties_within(rest, outer):
            properties = properties_of(rest)
            left = _without(opened(properties[outer], rest), inner)
            if not required_in(left):
                rest = _not_required(rest, outer)
            rest["properties"] = {**properties, outer: left}
    return _with_reached(rest) if "$defs" in rest else rest


def with_fixed(arguments: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with those that are fixed.

    Raises:
        InvalidArguments: a property of what is no object is fixed.

    """
    whole = dict(arguments)
    for name, value in fixed.items():
        outer, _, inner = name.partition(".")
        if not inner:
            whole[name] = value
            continue
        given = whole.get(outer, {})
        if not isinstance(given, Mapping):
            raise InvalidArguments(f"{outer!r} must be an object.")
        whole[outer] = {**given, inner: value}
    return whole


def shown_values(names: Iterable[str]) -> dict[str, Any]:
    """Return what stands for the values where a request is shown."""
    return dict.fromkeys(names, STANDS_FOR)


def forms_of(fixed: Mapping[str, Any]) -> list[str]:
    """Return the values in the forms in which they are sent, to be hidden wherever they are."""
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
    """Return the schema with those definitions alone that it still refers to."""
    rest = without(schema, "$defs")
    found = reached(rest, schema)
    return {**rest, "$defs": found} if found else rest

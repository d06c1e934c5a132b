"""Compiles a tool for a provider, keeping as much of its schema as the provider accepts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from adapters.llm.encoded_tools import exact_json
from adapters.llm.schemas.lowering import SchemaLowering
from adapters.llm.schemas.naming import fitting_name, fitting_names
from adapters.llm.schemas.outcome import Arguments, Compiled, Loss
from adapters.llm.schemas.places import Room, SchemaTooLarge
from adapters.llm.schemas.references import SchemaDocument, Unusable, step
from adapters.llm.schemas.strict import strictly
from adapters.llm.schemas.targets import Target
from adapters.llm.schemas.words import explained, shortened
from domain.tools.schema_text import decoded
from domain.tools.tool import ToolSpec

LARGEST: Final = 16 * 1024
"""Bytes of parameters that a model is shown of one tool, if less of it can be shown at all."""

_MOST_KEPT: Final = 1024
_LONGEST_PARAMETER: Final = 64

_ROOMS: Final = (
    Room(shared=True, levels=24),
    Room(shared=True, levels=24, words=300),
    Room(shared=True, levels=24, words=100),
    Room(shared=False, levels=24),
    Room(shared=False, levels=8, words=300),
    Room(shared=False, levels=6, words=150),
    Room(shared=False, levels=4, words=100),
    Room(shared=False, levels=3, words=80),
    Room(shared=False, levels=2, words=60),
    Room(shared=False, levels=1, words=60),
    Room(shared=False, levels=1, words=60, nodes=50_000),
)

_kept: dict[tuple[str, str, str], Compiled] = {}


def compile_tool(spec: ToolSpec, target: Target) -> Compiled:
    """Return the tool in the provider's form, compiled once for each version of the tool."""
    key = (spec.name, spec.version, target.name)
    if (compiled := _kept.get(key)) is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        compiled = _kept[key] = _compiled(spec, target)
    return compiled


def _compiled(spec: ToolSpec, target: Target) -> Compiled:
    name = fitting_name(spec.name, target.tool_name, target.longest_name)
    description, rest = shortened(spec.description, target.longest_description)
    losses: list[Loss] = []
    if name != spec.name:
        losses.append(Loss("", "name", f"renamed to {name!r}"))
    if rest:
        losses.append(Loss("", "description", "its end is moved to that of the parameters"))
    told = Compiled(name, description, {"type": "object", "properties": {}}, tuple(losses))
    try:
        compiled = _with_parameters(told, decoded(spec.parameters), target)
        if rest:
            parameters = dict(compiled.parameters)
            parameters["description"] = explained(rest, [parameters.get("description", "")])
            compiled = replace(compiled, parameters=parameters)
        exact_json([name, description, compiled.parameters]).encode()
    except Unusable as reason:
        return replace(told, refusal=f"{target.name} cannot take this tool: {reason}.")
    except UnicodeEncodeError:
        reason_ = "a text in it is not valid Unicode"
        return replace(told, refusal=f"{target.name} cannot take this tool: {reason_}.")
    except (TypeError, ValueError, RecursionError) as error:
        reason_ = f"its parameters are no JSON Schema ({error})"
        return replace(told, refusal=f"{target.name} cannot take this tool: {reason_}.")
    return compiled


def _with_parameters(told: Compiled, schema: Mapping[str, Any], target: Target) -> Compiled:
    """Return the tool with as much of its parameters as the size limits allow.

    Raises:
        Unusable: the provider accepts none of it.

    """
    smallest: Compiled | None = None
    reason = Unusable("its parameters are too large")
    for room in _ROOMS:
        if room.shared and not target.references:
            continue
        lowering = SchemaLowering(
            SchemaDocument(schema), target, replace(room, levels=min(room.levels, target.levels))
        )
        try:
            parameters = lowering.parameters(schema)
            fitting = replace(told, losses=(*told.losses, *lowering.losses))
            fitting = _finished(fitting, parameters, target)
        except SchemaTooLarge as too_large:
            reason = Unusable(str(too_large) or str(reason))
            continue
        size = len(exact_json(fitting.parameters).encode(errors="replace"))
        if size <= LARGEST:
            return fitting
        if smallest is None or size < len(exact_json(smallest.parameters)):
            smallest = fitting
    if smallest is None:
        raise reason
    return smallest


def _finished(told: Compiled, parameters: dict[str, Any], target: Target) -> Compiled:
    if target.strict:
        schema, form, losses = strictly(parameters)
        return replace(
            told,
            parameters=schema,
            losses=(*told.losses, *losses),
            express=form.express,
            restore=form.restore,
        )
    return _renamed(told, parameters, target)


def _renamed(told: Compiled, parameters: dict[str, Any], target: Target) -> Compiled:
    """Rename parameters to names that the provider accepts; their own go into the description."""
    if target.parameter_name is None:
        return replace(told, parameters=parameters)
    properties = parameters["properties"]
    names = fitting_names(properties, target.parameter_name, _LONGEST_PARAMETER)
    if not names:
        return replace(told, parameters=parameters)
    renamed = {
        names.get(name, name): _called(name, each) if name in names else each
        for name, each in properties.items()
    }
    parameters = {**parameters, "properties": renamed}
    if "required" in parameters:
        parameters["required"] = [names.get(name, name) for name in parameters["required"]]
    losses = [
        Loss(step("", "properties", name), "properties", f"renamed to {new!r}")
        for name, new in names.items()
    ]
    back = {new: name for name, new in names.items()}
    return replace(
        told,
        parameters=parameters,
        losses=(*told.losses, *losses),
        express=_renaming(names),
        restore=_renaming(back),
    )


def _called(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    described = explained(schema.get("description", ""), [f"its own name is {name}"])
    return {**schema, "description": described}


def _renaming(names: Mapping[str, str]) -> Callable[[Arguments], dict[str, Any]]:
    return partial(_rename, names)


def _rename(names: Mapping[str, str], arguments: Arguments) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in arguments.items()}

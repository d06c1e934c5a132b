"""Validation of tools' specifications, whose fields a plugin may have filled with anything."""

import json
import math
from collections.abc import Mapping
from typing import Any

from domain.shared.json_schema import properties_of
from domain.tools.tool import Effect, ToolSpec
from plugins.authoring.results import SCHEMA_LENGTH
from plugins.authoring.tool import TITLE_LENGTH, TOOL_NAME, is_title


def problem_of(spec: ToolSpec) -> str | None:
    """Return what is wrong with a specification, or None; its types are not relied on."""
    given: Any = spec  # as a plugin may have filled it
    if not (isinstance(given.name, str) and TOOL_NAME.fullmatch(given.name)):
        return "a name is 1 to 64 letters, digits, '_' and '-', and begins with a letter or '_'"
    if not (isinstance(given.description, str) and given.description.strip()):
        return "it has no description"
    if not isinstance(given.effect, Effect):
        return f"its effect is {given.effect!r}, not one of Effect"
    if not (isinstance(given.timeout, int | float) and 0 < given.timeout < math.inf):
        return "its timeout is not a number of seconds above 0"
    return _problem_for_people(given) or _output_problem(given.output_schema)


def _problem_for_people(given: Any) -> str | None:
    if not is_title(given.title):
        return f"its title is not one line of at most {TITLE_LENGTH} characters"
    names = given.confirm
    if names != () and not (isinstance(names, tuple) and _are_parameters(names, given.parameters)):
        return "its confirm is not a tuple of names of its parameters"
    return None


def _are_parameters(names: tuple[Any, ...], parameters: Any) -> bool:
    known = properties_of(parameters) if isinstance(parameters, Mapping) else {}
    return all(isinstance(name, str) and name in known for name in names)


def _output_problem(schema: Any) -> str | None:
    if schema is None:
        return None
    try:
        text = json.dumps(schema, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return f"its output schema is not JSON: {error}"
    if not isinstance(schema, Mapping) or len(text) > SCHEMA_LENGTH:
        return f"its output schema is no JSON object of at most {SCHEMA_LENGTH:,} characters"
    return None


def schema_problem(parameters: Any) -> str | None:
    """Return what is wrong with the schema of a tool's parameters, or None."""
    if not (isinstance(parameters, Mapping) and parameters.get("type") == "object"):
        return "its parameters are not a JSON Schema of type object"
    try:
        json.dumps(parameters, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return f"its parameters are not JSON: {error}"
    return None

"""Validation of what plugins register, whose fields they may have filled with anything."""

import inspect
import json
import math
import re
from collections.abc import Callable, Mapping, Sized
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import Any, Final, TypeVar

from domain.agents.agent import Agent
from domain.shared.json_schema import properties_of
from domain.tools.context import PluginContext
from domain.tools.tool import Effect, ToolSpec
from plugins.authoring.results import SCHEMA_LENGTH
from plugins.authoring.tool import TITLE_LENGTH, TOOL_NAME, is_title

_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]{0,63}", re.ASCII)  # of chat models and agents
_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_MOST: Final = 100  # of each kind that a plugin registers, apart from tools
_MOST_PATTERNS: Final = 1_000  # of one agent
_LONGEST: Final = 200_000  # characters of an agent's instructions
_LONGEST_LINE: Final = 1_000


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


F = TypeVar("F", bound=Callable[..., Any])


class Unregistrable(Exception):
    """A registration is invalid; the message says why."""


def name_of(function: object) -> object:
    """Return the name of a function, or of the type of something else."""
    return getattr(function, "__name__", type(function).__name__)


def require_callable(function: object) -> None:
    """Raise `Unregistrable` for what is no function."""
    if not callable(function):
        raise Unregistrable(f"{type(function).__name__!r} is not a function")
    if isinstance(function, AbstractAsyncContextManager):
        raise Unregistrable(
            "register the function that makes the context manager, not what it makes"
        )


def is_async(function: Any) -> bool:
    """Return whether a call returns a coroutine, as far as can be known without a call."""
    while isinstance(function, partial):
        function = function.func
    call = getattr(function, "__call__", None)  # noqa: B004  of an object with a method of its own
    with suppress(ValueError):  # of wrappers that lead in a circle
        function = inspect.unwrap(function)
    return any(map(inspect.iscoroutinefunction, (function, call)))


def require_texts(agent: Agent) -> None:
    """Raise `Unregistrable` for an agent whose texts are none, or missing."""
    given: Any = agent  # as a plugin may have filled it
    if not (isinstance(given.instructions, str) and given.instructions.strip()):
        raise Unregistrable(f"agent {agent.name!r} has no instructions")
    if len(given.instructions) > _LONGEST:
        raise Unregistrable(
            f"agent {agent.name!r}: its instructions have over {_LONGEST:,} characters"
        )
    if not is_line(given.description):
        raise Unregistrable(f"agent {agent.name!r}: its description is no text, or too long")
    is_list = isinstance(given.tools, list | tuple) and len(given.tools) <= _MOST_PATTERNS
    if not (is_list and all(map(is_line, given.tools))):
        raise Unregistrable(
            f"agent {agent.name!r}: its tools are no list of patterns, as ['jira_*']"
        )


def require_name(what: str, name: object, taken: Mapping[str, Any]) -> None:
    """Raise `Unregistrable` for a name that is none, or taken."""
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise Unregistrable(
            f"{what} {name!r}: a name is 1 to 64 lower-case letters, digits, '_', '.' and '-',"
            " and begins with a letter"
        )
    if name in taken:
        raise Unregistrable(f"{what} {name!r} is registered twice")
    require_few(what, taken)


def require_few(what: str, taken: Sized) -> None:
    """Raise `Unregistrable` where a plugin has as many of these as it can have."""
    if len(taken) >= _MOST:
        raise Unregistrable(f"{what}: a plugin can have {_MOST} of them")


def is_line(text: object) -> bool:
    """Tell whether this is a text that is not too long to be listed."""
    return isinstance(text, str) and len(text) <= _LONGEST_LINE


def in_context(function: F, context: PluginContext) -> F:
    """Return a function that is given the context, if it has a parameter of that name.

    Raises:
        Unregistrable: it takes it by its position alone.

    """
    try:
        parameters: Mapping[str, Any] = inspect.signature(function).parameters
    except (TypeError, ValueError):  # it has no signature that Python can tell
        return function
    if "context" not in parameters:
        return function
    if parameters["context"].kind not in _BY_NAME:
        raise Unregistrable(f"{name_of(function)!r}: its context is given by name")
    given: Any = partial(function, context=context)
    given.__module__ = function.__module__  # incidents look for the plugin's frames by it
    given.__wrapped__ = function
    return given  # type: ignore[no-any-return]  # a partial of the same function

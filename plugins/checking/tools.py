"""Static checks of a tool: descriptions, effect, timeout, and its schema for each provider."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from domain.shared.json_schema import properties_of, walk
from domain.tools.ports import ProviderSchema, SchemaLoss, ToolSchemas
from domain.tools.tool import Effect, Tool, ToolSpec
from plugins.authoring.tool import FunctionTool
from plugins.checking.effects import suspected
from plugins.checking.findings import NOWHERE, Finding, Level, SourcePlace

SHORTEST_DESCRIPTION: Final = 20  # characters
LARGEST_TOKENS: Final = 1000
LONGEST_TIMEOUT: Final = 600.0  # seconds
SHORTEST_TIMEOUT: Final = 0.5
LONGEST_DEAF: Final = 60.0  # seconds that a thread may go on after its call was cancelled

_MOST_NAMED: Final = 5


def function_of(tool: Tool) -> Callable[..., Any] | None:
    """Return the author's function if the tool is a decorated one, else None."""
    if not isinstance(tool, FunctionTool):
        return None
    function: Callable[..., Any] = inspect.unwrap(tool.function)
    return function


def place_of(tool: Tool) -> SourcePlace:
    """Return the position of the tool in its source."""
    function: Any = function_of(tool) or getattr(type(tool), "run", None)
    code = getattr(function, "__code__", None)
    return NOWHERE if code is None else SourcePlace.of(code)


def check_tool(tool: Tool, schemas: ToolSchemas) -> list[Finding]:
    """Return the findings about the tool's specification."""
    spec = tool.spec
    findings = [
        *_descriptions(spec),
        *_effect(spec),
        *_timeout(tool),
        *_providers(spec, schemas),
    ]
    place = place_of(tool)
    return [finding.at(place) for finding in findings]


def _descriptions(spec: ToolSpec) -> Iterator[Finding]:
    if len(spec.description) < SHORTEST_DESCRIPTION:
        yield Finding(
            Level.WARNING,
            "docstring",
            spec.name,
            f"the description is only {spec.description!r}",
            "say what the tool is for and when to use it: that is all the model knows of it",
        )
    properties = properties_of(spec.parameters)
    if missing := [name for name, schema in properties.items() if not _is_described(schema)]:
        yield Finding(
            Level.WARNING,
            "docstring",
            spec.name,
            f"the docstring does not say what {_listing(missing)} means",
            "describe each parameter under Args",
        )
    nested = [path for name, schema in properties.items() for path in _undescribed(schema, name)]
    if nested:
        yield Finding(
            Level.NOTE,
            "docstring",
            spec.name,
            f"nothing says what {_listing(nested)} means",
            "describe the fields of models in their docstrings, under Attributes",
        )


def _is_described(schema: Any) -> bool:
    return isinstance(schema, Mapping) and bool(schema.get("description"))


def _undescribed(schema: Any, path: str) -> Iterator[str]:
    """Yield the fields inside of a parameter that have no description."""
    for steps, inner in walk(schema):
        if steps and steps[-1][0] == "properties" and not _is_described(inner):
            names = (f".{each[1]}" if each[0] == "properties" else "[]" for each in steps)
            yield path + "".join(names)


def _listing(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(map(repr, names[:_MOST_NAMED])) + more


def _effect(spec: ToolSpec) -> Iterator[Finding]:
    if (suspicion := suspected(spec.name, spec.effect)) is not None:
        word, effect = suspicion
        yield Finding(
            Level.WARNING,
            "effect",
            spec.name,
            f"the name says {word!r}, the effect says {spec.effect.value!r}",
            f"declare effect={effect.value!r}, or rename it: nobody is asked before a 'read'"
            if spec.effect is Effect.READ
            else f"declare effect={effect.value!r} if it cannot be undone, or rename it",
        )


def _timeout(tool: Tool) -> Iterator[Finding]:
    spec, function = tool.spec, function_of(tool)
    if not SHORTEST_TIMEOUT <= spec.timeout <= LONGEST_TIMEOUT:
        yield Finding(
            Level.WARNING,
            "timeout",
            spec.name,
            f"its timeout is {spec.timeout:g} s",
            f"between {SHORTEST_TIMEOUT:g} and {LONGEST_TIMEOUT:g} s serves users best",
        )
    elif function is not None and spec.timeout > LONGEST_DEAF and _is_deaf(function):
        yield Finding(
            Level.NOTE,
            "cancellation",
            spec.name,
            f"its thread may go on for {spec.timeout:g} s after a user stopped it",
            "look at context.cancelled now and then, or write it as async def",
        )


def _is_deaf(function: Callable[..., Any]) -> bool:
    """Return whether the function runs in a thread and never reads ``context.cancelled``."""
    is_async = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    return not is_async and "cancelled" not in function.__code__.co_names


def _providers(spec: ToolSpec, schemas: ToolSchemas) -> Iterator[Finding]:
    if spec.tokens > LARGEST_TOKENS:
        yield Finding(
            Level.WARNING,
            "schema",
            spec.name,
            f"it takes about {spec.tokens} tokens of each request that shows it",
            "shorten descriptions, and make two tools of it if it does two things",
        )
    lowered = {provider: schemas.of(spec, provider) for provider in schemas.providers()}
    refusals = {name: each.refusal for name, each in lowered.items() if each.refusal is not None}
    for provider, refusal in refusals.items():
        yield Finding(
            Level.WARNING if len(refusals) < len(lowered) else Level.ERROR,
            "schema",
            spec.name,
            f"the tool is off for {provider}: {refusal}",
            "simplify its parameters",
        )
    for losses, providers in _losses(lowered).items():
        yield Finding(Level.NOTE, "schema", spec.name, f"to {', '.join(providers)}: {losses}")


def _losses(lowered: Mapping[str, ProviderSchema]) -> Mapping[str, list[str]]:
    """Return what the providers' schemas lose of the tool's, each with those providers."""
    providers: dict[str, list[str]] = {}
    for provider, schema in lowered.items():
        losses = dict.fromkeys(f"{_where(each)} {each.what}" for each in schema.losses)
        if losses and schema.refusal is None:
            more = f"; and {len(losses) - _MOST_NAMED} more" if len(losses) > _MOST_NAMED else ""
            listed = "; ".join(list(losses)[:_MOST_NAMED]) + more
            providers.setdefault(listed, []).append(provider)
    return providers


def _where(loss: SchemaLoss) -> str:
    return f"{loss.keyword} of {loss.path.removeprefix('/properties/') or 'the tool'}:"

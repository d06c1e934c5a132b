"""Which tools are let in: what the host asks of a tool before anybody can call it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.conversations import shorten
from domain.errors import InvalidArguments, ToolError, ToolFailed
from domain.tools import Effect, Tool, ToolContext, ToolSpec
from plugins.errors import ToolDefinitionError, in_short
from plugins.json_values import as_json
from plugins.tool import TOOL_NAME

_REFUSAL_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class AdmittedTool:
    """A plugin's tool, its specification checked and kept, and marked with the plugin's name.

    A tool need not be a decorated function, so what it answers is not taken on trust either.
    """

    spec: ToolSpec
    tool: Tool

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as JSON, as the tool itself checks them.

        Raises:
            InvalidArguments: they do not fit the schema, or the check itself failed.

        """
        try:
            checked: dict[str, Any] = as_json(dict(self.tool.check(arguments)))
        except InvalidArguments:
            raise
        except (Exception, SystemExit) as error:
            raise InvalidArguments(f"The arguments cannot be checked: {in_short(error)}") from error
        return checked

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Run the tool itself.

        Raises:
            ToolError: the call did not give a result.

        """
        try:
            return as_json(await self.tool.run(arguments, context))
        except ToolError:
            raise
        except (Exception, SystemExit) as error:
            context.log.exception("Tool %s failed", self.spec.name)
            raise ToolFailed(f"{self.spec.name} failed: {in_short(error)}") from error


class Registration:
    """What a plugin is given to register its tools with.

    ``taken`` are the tools of other plugins. ``tools`` and ``refusals`` say what came of it.
    """

    def __init__(self, plugin: str, taken: Mapping[str, Tool]) -> None:
        self.tools: dict[str, AdmittedTool] = {}
        self.refusals: list[str] = []
        self._plugin = plugin
        self._taken = taken

    def __call__(self, tool: Tool) -> None:
        """Take one tool, or note why not."""
        try:
            admitted = admit(tool, self._plugin)
            self._require_free(admitted.spec.name)
        except ToolDefinitionError as error:
            self.refusals.append(shorten(f"refused: {error}", _REFUSAL_LENGTH))
        else:
            self.tools[admitted.spec.name] = admitted

    def _require_free(self, name: str) -> None:
        if name in self.tools:
            raise ToolDefinitionError(f"tool {name!r} is registered twice")
        if name in self._taken:
            owner = self._taken[name].spec.plugin
            raise ToolDefinitionError(f"tool {name!r}: plugin {owner!r} has one of this name")


def admit(tool: Tool, plugin: str) -> AdmittedTool:
    """Return the tool as one of the plugin's.

    Raises:
        ToolDefinitionError: it is no tool, or its specification cannot be used.

    """
    spec = getattr(tool, "spec", None)
    if not isinstance(spec, ToolSpec):
        name = getattr(tool, "__name__", None) or type(tool).__name__
        raise ToolDefinitionError(f"{name!r} is not a tool; decorate it with @tool(effect=...)")
    for method in ("check", "run"):
        if not callable(getattr(tool, method, None)):
            raise ToolDefinitionError(f"tool {spec.name!r} has no method {method!r}")
    problem = _problem(spec)
    if problem:
        raise ToolDefinitionError(f"tool {spec.name!r}: {problem}")
    return AdmittedTool(replace(spec, plugin=plugin), tool)


def _problem(spec: ToolSpec) -> str | None:
    """Say what is wrong with it. Plugins are not type-checked by us, so nothing is assumed."""
    given: Any = spec  # as a plugin may have filled it
    if not (isinstance(given.name, str) and TOOL_NAME.fullmatch(given.name)):
        return "a name is 1 to 64 letters, digits, '_' and '-', and begins with a letter or '_'"
    if not (isinstance(given.description, str) and given.description.strip()):
        return "it has no description"
    if not isinstance(given.effect, Effect):
        return f"its effect is {given.effect!r}, not one of Effect"
    if not (isinstance(given.timeout, int | float) and 0 < given.timeout < math.inf):
        return "its timeout is not a number of seconds above 0"
    return _schema_problem(given.parameters)


def _schema_problem(parameters: Any) -> str | None:
    if not (isinstance(parameters, Mapping) and parameters.get("type") == "object"):
        return "its parameters are not a JSON Schema of type object"
    try:
        json.dumps(parameters, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return f"its parameters are not JSON: {error}"
    return None

"""Tools whose calls give the results of a cassette, where the scripted model replays them."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from typing_extensions import override

from adapters.llm.scripted.cassette import RecordedCall
from domain.conversations.calls import Problem
from domain.shared.errors import (
    AskDeclined,
    InvalidArguments,
    ToolError,
    ToolFailed,
    ToolRefused,
    ToolTimeout,
)
from domain.shared.text import shorten
from domain.tools.ports import Toolbox
from domain.tools.preview import Preview
from domain.tools.tool import Abridged, Previewed, Tool, ToolSpec
from domain.tools.tool_context import ToolContext
from puerto.testing.scripted import ScriptedModel

_OF_SERVICE: Final = {str(kind.code): kind for kind in (AskDeclined, ToolRefused, ToolTimeout)}
_SHOWN: Final = 200  # characters of arguments in an error


class RecordedToolbox(Toolbox):
    """The tools of plugins; a call gives what the model's cassette holds, if it replays calls."""

    def __init__(self, model: ScriptedModel, toolbox: Toolbox) -> None:
        self._model = model
        self._toolbox = toolbox
        self._made: dict[tuple[str | None, str, str], list[str]] = {}

    @override
    def tools(self) -> Sequence[Tool]:
        return [_RecordedTool(each, self) for each in self._toolbox.tools()]

    @override
    def get(self, name: str) -> Tool:
        return _RecordedTool(self._toolbox.get(name), self)

    async def run(self, tool: Tool, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Return or raise what the cassette says of this call; run the tool if none is replayed.

        The same call made again in a conversation is given the next result, at last the last.
        """
        calls = self._model.replayed_calls
        if calls is None:
            return await tool.run(arguments, context)
        name, asked = tool.spec.name, json.dumps(arguments, sort_keys=True)
        fitting = [each for each in calls if each.tool == name and _checked(tool, each) == asked]
        if not fitting:
            raise ToolRefused(
                f"The cassette has no result of {name} with {shorten(asked, _SHOWN)}: record it"
                " again, or play it without tools=True, so that the tool runs."
            )
        made = self._made.setdefault((context.conversation_id, name, asked), [])
        if context.call_id not in made:  # else it is another attempt
            made.append(context.call_id)
        recorded = fitting[min(made.index(context.call_id), len(fitting) - 1)]
        if recorded.problem is not None:
            raise _error(recorded.problem)
        return recorded.result


class _RecordedTool(Tool):
    """A tool as it is, but for its calls."""

    def __init__(self, tool: Tool, toolbox: RecordedToolbox) -> None:
        self._tool = tool
        self._toolbox = toolbox

    @property
    @override
    def spec(self) -> ToolSpec:
        return self._tool.spec

    @override
    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return self._tool.check(arguments)

    @override
    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        return await self._toolbox.run(self._tool, arguments, context)

    async def preview(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> Preview | str | None:
        """Return the tool's preview; None if it has none."""
        tool = self._tool
        return await tool.preview(arguments, context) if isinstance(tool, Previewed) else None

    def whole_parameters(self) -> Mapping[str, Any]:
        """Return the JSON Schema of all its arguments."""
        tool = self._tool
        return tool.whole_parameters() if isinstance(tool, Abridged) else tool.spec.parameters


def _checked(tool: Tool, call: RecordedCall) -> str:
    """Return the arguments of a recorded call as they reach the tool, as text."""
    arguments = json.loads(call.arguments)
    with suppress(InvalidArguments):  # of another version of the tool
        arguments = tool.check(arguments)
    return json.dumps(arguments, sort_keys=True)


def _error(problem: Problem) -> ToolError:
    kind = _OF_SERVICE.get(problem.code)
    if kind is not None:
        return kind(problem.message, details=problem.details)
    return ToolFailed(
        problem.message, code=problem.code, retryable=problem.retryable, details=problem.details
    )

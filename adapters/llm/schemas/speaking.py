"""Converts requests to a provider's form, and its calls back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.llm.encoded_tools import exact_json
from adapters.llm.schemas.compiling import compile_tool
from adapters.llm.schemas.outcome import Compiled, as_they_are
from adapters.llm.schemas.targets import Target
from domain.models.messages import AssistantTurn, ModelRequest, ToolRequest, ToolTurn, ToolUse, Turn
from domain.tools.tool import ToolSpec


def for_provider(request: ModelRequest, target: Target) -> ModelRequest:
    """Return the request with tools and earlier calls in the provider's form."""
    compiled = [(tool, compile_tool(tool, target)) for tool in request.tools]
    renamed = {tool.name: each for tool, each in compiled if _differs(tool, each)}
    if all(each.refusal is None for _, each in compiled):
        if not renamed:
            return request
        tools = request.tools
    else:
        tools = [tool for tool, each in compiled if each.refusal is None]
    return replace(request, tools=tools, turns=[_turn(turn, renamed) for turn in request.turns])


def from_provider(call: ToolRequest, tools: Sequence[ToolSpec], target: Target) -> ToolRequest:
    """Return a call in the tool's form; arguments that are no JSON object stay unchanged."""
    for tool in tools:
        compiled = compile_tool(tool, target)
        if compiled.name == call.tool and compiled.refusal is None:
            restored = _restored(call.arguments, compiled) if _differs(tool, compiled) else None
            return ToolRequest(tool.name, restored or call.arguments)
    return call


def _differs(tool: ToolSpec, compiled: Compiled) -> bool:
    return tool.name != compiled.name or compiled.restore is not as_they_are


def _restored(text: str, compiled: Compiled) -> str | None:
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return exact_json(compiled.restore(arguments)) if isinstance(arguments, dict) else None


def _turn(turn: Turn, renamed: Mapping[str, Compiled]) -> Turn:
    match turn:
        case AssistantTurn(tool_uses=uses) if uses:
            return replace(turn, tool_uses=[_use(use, renamed.get(use.tool)) for use in uses])
        case ToolTurn(tool=tool) if tool in renamed:
            return replace(turn, tool=renamed[tool].name)
    return turn


def _use(use: ToolUse, compiled: Compiled | None) -> ToolUse:
    if compiled is None or compiled.refusal is not None:
        return use
    return replace(use, tool=compiled.name, arguments=compiled.express(use.arguments))

"""A question to a model, as the body of a chat completion request."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from domain.llm import AssistantTurn, ModelRequest, ToolTurn, Turn, UserTurn
from domain.tools import ToolSpec

_MOST_KEPT = 4096  # encoded tools; a bound for services whose tools come and go


class RequestEncoder:
    """Encode requests, each tool's schema only once."""

    def __init__(self) -> None:
        self._tools: dict[tuple[str, str], orjson.Fragment] = {}

    def encode(self, request: ModelRequest) -> bytes:
        """Return the JSON body that asks for a streamed answer and its usage.

        Raises:
            TypeError: a text is not valid Unicode (half a surrogate pair).

        """
        body: dict[str, Any] = {
            "model": request.model,
            "messages": list(_messages(request)),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.tools:
            body["tools"] = self._encoded(request.tools)
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_output_tokens is not None:
            body["max_completion_tokens"] = request.max_output_tokens
        return orjson.dumps(body)

    def _encoded(self, tools: Sequence[ToolSpec]) -> list[orjson.Fragment]:
        if len(self._tools) > _MOST_KEPT:
            self._tools.clear()
        kept = self._tools
        return [kept.get((tool.name, tool.version)) or self._keep(tool) for tool in tools]

    def _keep(self, tool: ToolSpec) -> orjson.Fragment:
        fragment = orjson.Fragment(_json({"type": "function", "function": _function(tool)}))
        self._tools[tool.name, tool.version] = fragment
        return fragment


def _function(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def _messages(request: ModelRequest) -> Iterator[dict[str, Any]]:
    if request.system:
        yield {"role": "system", "content": request.system}
    yield from map(_message, request.turns)


def _message(turn: Turn) -> dict[str, Any]:
    match turn:
        case UserTurn(content):
            return {"role": "user", "content": content}
        case ToolTurn(call_id, _, content, is_error):
            content = f"Error: {content}" if is_error else content
            return {"role": "tool", "tool_call_id": call_id, "content": content}
        case AssistantTurn(content, ()):
            return {"role": "assistant", "content": content}
        case AssistantTurn(content, uses):
            calls = [
                {
                    "id": use.id,
                    "type": "function",
                    "function": {"name": use.tool, "arguments": _json(use.arguments)},
                }
                for use in uses
            ]
            return {"role": "assistant", "content": content or None, "tool_calls": calls}


def _json(value: Any) -> str:
    # Not orjson: arguments and schemas may hold integers beyond 64 bits.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""Encodes a request as the body of a request to the Responses API."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from adapters.llm.encoded_tools import EncodedTools, exact_json
from adapters.llm.openai.responses_memento import replayed
from adapters.llm.openai.schema_rules import OPENAI
from adapters.llm.schemas import compile_tool
from adapters.llm.sdk.optional_fields import MEMENTOS
from adapters.llm.sdk.parameters import (
    SentParameter,
    fields_of,
    mode_of_choice,
    renamed,
    tool_to_call,
)
from domain.models.messages import AssistantTurn, ModelRequest, ToolTurn, ToolUse, Turn, UserTurn
from domain.tools.tool import ToolSpec

# Models that do not reason, and refuse to be asked about it. Any other is asked; one that
# refuses as well is remembered.
_PLAIN = re.compile(r"(ft:)?(gpt-3|gpt-4|chatgpt-)|.*-chat\b")
_LEAST_TOKENS = 16  # a smaller bound is refused, so this is sent instead
_FIELDS = {name: name for name in ("temperature", "top_p", "max_output_tokens")}

_REASONING = {
    "include": ["reasoning.encrypted_content"],
    "reasoning": {"summary": "auto"},
}


class ResponseEncoder:
    """Encodes requests; each tool's schema is encoded once."""

    def __init__(self) -> None:
        self._tools = EncodedTools(_tool)

    def encode(self, request: ModelRequest, without: frozenset[str] = frozenset()) -> bytes:
        """Return the JSON body of a streamed request.

        ``without`` names fields to leave out, since the model refuses them.

        Raises:
            TypeError: a text is not valid Unicode (half a surrogate pair).

        """
        mementos = MEMENTOS not in without
        items = [item for turn in request.turns for item in _items(turn, mementos=mementos)]
        body: dict[str, Any] = {
            "model": request.model,
            "input": items,
            "stream": True,
        }
        if request.system:
            body["instructions"] = request.system
        if request.tools:
            body["tools"] = self._tools.of(request.tools)
        optional: dict[str, Any] = {} if _PLAIN.match(request.model) else dict(_REASONING)
        optional["store"] = False
        if request.sampling.max_output_tokens is not None:
            optional["max_output_tokens"] = _LEAST_TOKENS
        body.update((field, value) for field, value in optional.items() if field not in without)
        body.update(fields_of(self.parameters(request, without)))
        return orjson.dumps(body)

    def parameters(self, request: ModelRequest, without: frozenset[str]) -> Iterable[SentParameter]:
        """Return the sampling parameters in that body."""
        limit = request.sampling.max_output_tokens
        for each in renamed(request, _FIELDS, without):
            if each.name != "max_output_tokens" or limit is None or limit >= _LEAST_TOKENS:
                yield each
        choice: Any = mode_of_choice(request)
        if (tool := tool_to_call(request, OPENAI)) is not None:
            choice = {"type": "function", "name": tool}
        if choice is not None and "tool_choice" not in without:
            yield SentParameter("tool_choice", "tool_choice", choice)
        form = request.sampling.response_format
        if form is not None and "text" not in without:
            yield SentParameter("response_format", "text", {"format": dict(form)})


def _tool(tool: ToolSpec) -> dict[str, Any]:
    taken = compile_tool(tool, OPENAI)
    return {
        "type": "function",
        "name": taken.name,
        "description": taken.description,
        "parameters": taken.parameters,
        "strict": False,  # strict schemas allow no optional parameters
    }


def _items(turn: Turn, *, mementos: bool) -> Iterator[dict[str, Any]]:
    match turn:
        case UserTurn(content):
            yield {"role": "user", "content": content}
        case ToolTurn(call_id, _, content, is_error):
            content = f"Error: {content}" if is_error else content
            yield {"type": "function_call_output", "call_id": call_id, "output": content}
        case AssistantTurn(content, uses, memento):
            calls = [_call(use) for use in uses]
            if mementos and memento and (items := replayed(memento, content, calls)):
                yield from items
                return
            if content:
                yield {"role": "assistant", "content": content}
            yield from calls


def _call(use: ToolUse) -> dict[str, Any]:
    return {
        "type": "function_call",
        "call_id": use.id,
        "name": use.tool,
        "arguments": exact_json(use.arguments),
    }

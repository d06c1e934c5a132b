"""A question to a model, as the body of a chat completion request."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from adapters.llm.encoded_tools import EncodedTools, exact_json
from adapters.llm.plain_turns import plain_turns
from adapters.llm.schemas import OPENAI as RULES
from adapters.llm.schemas import compile_tool
from domain.llm import AssistantTurn, ModelRequest, ToolTurn, Turn, UserTurn
from domain.tools import ToolSpec


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a service that speaks chat completions differs from OpenAI.

    ``plain`` services take words alone, user and assistant strictly in turn. ``stream_options``
    says whether usage must, and can, be asked for, ``limit_field`` which field bounds an answer.
    With
    ``sources``, those that the service names are listed below the answer.
    """

    address: str = "https://api.openai.com/v1"
    plain: bool = False
    stream_options: bool = True
    limit_field: str = "max_completion_tokens"
    sources: bool = False


OPENAI = Dialect()
PERPLEXITY = Dialect(
    address="https://api.perplexity.ai",
    plain=True,
    stream_options=False,
    limit_field="max_tokens",
    sources=True,
)


class RequestEncoder:
    """Encode requests in a dialect, each tool's schema only once."""

    def __init__(self, dialect: Dialect = OPENAI) -> None:
        self._dialect = dialect
        self._tools = EncodedTools(_tool)

    def encode(self, request: ModelRequest, without: frozenset[str] = frozenset()) -> bytes:
        """Return the JSON body that asks for a streamed answer and its usage.

        ``without`` names fields to leave out, since the model refuses them.

        Raises:
            TypeError: a text is not valid Unicode (half a surrogate pair).

        """
        dialect = self._dialect
        said = _plain(request) if dialect.plain else _messages(request)
        body: dict[str, Any] = {"model": request.model, "messages": list(said), "stream": True}
        if dialect.stream_options:
            body["stream_options"] = {"include_usage": True}
        if request.tools and not dialect.plain:
            body["tools"] = self._tools.of(request.tools)
        if request.temperature is not None and "temperature" not in without:
            body["temperature"] = request.temperature
        if request.max_output_tokens is not None:
            body[dialect.limit_field] = request.max_output_tokens
        return orjson.dumps(body)


def _tool(tool: ToolSpec) -> dict[str, Any]:
    taken = compile_tool(tool, RULES)
    described = {
        "name": taken.name,
        "description": taken.description,
        "parameters": taken.parameters,
    }
    return {"type": "function", "function": described}


def _plain(request: ModelRequest) -> Iterator[dict[str, Any]]:
    system = [("system", request.system)] if request.system else []
    for role, words in (*system, *plain_turns(request.turns)):
        yield {"role": role, "content": words}


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
                    "function": {"name": use.tool, "arguments": exact_json(use.arguments)},
                }
                for use in uses
            ]
            return {"role": "assistant", "content": content or None, "tool_calls": calls}

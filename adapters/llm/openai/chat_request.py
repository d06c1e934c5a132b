"""Encodes a request as the body of a chat completion."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from adapters.llm.encoded_tools import EncodedTools
from adapters.llm.openai.chat_messages import messages_of
from adapters.llm.openai.schema_rules import OPENAI as RULES
from adapters.llm.schemas import compile_tool
from adapters.llm.sdk.plain_turns import plain_turns
from domain.models.messages import ModelRequest
from domain.tools.tool import ToolSpec

TOOLS = "tools"  # stands for tools, calls and results among the fields to leave out
_OLD_LIMIT = "max_tokens"  # the former name, for older servers


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a service's chat completions differ from OpenAI's.

    ``plain`` services take text only, user and assistant alternating. ``stream_options`` says
    whether token counts must be asked for; ``limit_field`` is the field that limits the length of
    an answer. With ``sources``, the sources that the service names are listed below the answer.
    """

    plain: bool = False
    stream_options: bool = True
    limit_field: str = "max_completion_tokens"
    sources: bool = False


OPENAI = Dialect()


class ChatRequestEncoder:
    """Encodes requests in a dialect; each tool's schema is encoded once."""

    def __init__(self, dialect: Dialect = OPENAI) -> None:
        self._dialect = dialect
        self._tools = EncodedTools(_tool)

    def encode(self, request: ModelRequest, without: frozenset[str] = frozenset()) -> bytes:
        """Return the JSON body of a streamed request that asks for token counts.

        ``without`` names fields to leave out, since the model refuses them.

        Raises:
            TypeError: a text is not valid Unicode (half a surrogate pair).

        """
        is_plain = self._dialect.plain or TOOLS in without
        said = _plain(request) if is_plain else messages_of(request, without)
        body: dict[str, Any] = {"model": request.model, "messages": list(said), "stream": True}
        if request.tools and not is_plain:
            body["tools"] = self._tools.of(request.tools)
        body.update((name, each) for name, each in self._optional(request, without))
        return orjson.dumps(body)

    def _optional(
        self, request: ModelRequest, without: frozenset[str]
    ) -> Iterator[tuple[str, Any]]:
        if self._dialect.stream_options and "stream_options" not in without:
            yield "stream_options", {"include_usage": True}
        if request.temperature is not None and "temperature" not in without:
            yield "temperature", request.temperature
        if request.max_output_tokens is not None:
            names = (self._dialect.limit_field, _OLD_LIMIT)
            name = next((each for each in names if each not in without), None)
            if name is not None:
                yield name, request.max_output_tokens


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

"""Encodes a request as the body of a chat completion."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from adapters.llm.encoded_tools import EncodedTools
from adapters.llm.openai.chat_messages import messages_of
from adapters.llm.openai.schema_rules import OPENAI as RULES
from adapters.llm.schemas import compile_tool
from adapters.llm.sdk.parameters import (
    SentParameter,
    fields_of,
    mode_of_choice,
    renamed,
    tool_to_call,
)
from adapters.llm.sdk.plain_turns import plain_turns
from domain.conversations.sampling import NAMES
from domain.models.messages import ModelRequest
from domain.tools.tool import ToolSpec

TOOLS = "tools"  # stands for tools, calls and results among the fields to leave out
_OLD_LIMIT = "max_tokens"  # the former name, for older servers
_FIELDS = {name: name for name in ("temperature", "top_p", "stop", "seed")}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a service's chat completions differ from OpenAI's.

    ``plain`` services take text only, user and assistant alternating. ``stream_options`` says
    whether token counts must be asked for; ``limit_field`` is the field that limits the length of
    an answer, ``parameters`` are the sampling parameters that the service has. With ``sources``,
    the sources that it names are listed below the answer.
    """

    plain: bool = False
    stream_options: bool = True
    limit_field: str = "max_completion_tokens"
    sources: bool = False
    parameters: frozenset[str] = frozenset(NAMES)


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
        is_plain = self._takes_text_only(without)
        said = _plain(request) if is_plain else messages_of(request, without)
        body: dict[str, Any] = {"model": request.model, "messages": list(said), "stream": True}
        if request.tools and not is_plain:
            body["tools"] = self._tools.of(request.tools)
        if self._dialect.stream_options and "stream_options" not in without:
            body["stream_options"] = {"include_usage": True}
        body.update(fields_of(self.parameters(request, without)))
        return orjson.dumps(body)

    def parameters(self, request: ModelRequest, without: frozenset[str]) -> Iterable[SentParameter]:
        """Return the sampling parameters in that body."""
        limits = (self._dialect.limit_field, _OLD_LIMIT)
        limit = next((each for each in limits if each not in without), _OLD_LIMIT)
        sent = [*renamed(request, {**_FIELDS, "max_output_tokens": limit}, without)]
        if "tool_choice" not in without and not self._takes_text_only(without):
            sent += _choice(request)
        if "response_format" not in without:
            sent += _format(request)
        return [each for each in sent if each.name in self._dialect.parameters]

    def _takes_text_only(self, without: frozenset[str]) -> bool:
        return self._dialect.plain or TOOLS in without


def _choice(request: ModelRequest) -> Iterator[SentParameter]:
    choice: Any = mode_of_choice(request)
    if (tool := tool_to_call(request, RULES)) is not None:
        choice = {"type": "function", "function": {"name": tool}}
    if choice is not None:
        yield SentParameter("tool_choice", "tool_choice", choice)


def _format(request: ModelRequest) -> Iterator[SentParameter]:
    form = request.sampling.response_format
    if form is None:
        return
    kind = form["type"]
    described = {key: value for key, value in form.items() if key != "type"}
    value = {"type": kind, **({kind: described} if described else {})}
    yield SentParameter("response_format", "response_format", value)


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

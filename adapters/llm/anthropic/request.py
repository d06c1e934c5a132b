"""Encodes a request as the body of a request to Anthropic's Messages API.

The API requires roles to alternate, the user first and last, texts that are not blank, and tool
results before any other content. Conversations do not always meet that.

Cache breakpoints stand after the tools, the system prompt and the last turn, which the next request
repeats. A prompt below the cacheable size costs nothing more.

There is no temperature, no ``top_p`` and no seed: the API version that the SDK speaks refuses them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from adapters.llm.anthropic.schema_rules import ANTHROPIC
from adapters.llm.encoded_tools import EncodedTools, exact_json
from adapters.llm.schemas import compile_tool
from adapters.llm.sdk.optional_fields import MEMENTOS
from adapters.llm.sdk.parameters import (
    SentParameter,
    fields_of,
    mode_of_choice,
    renamed,
    tool_to_call,
)
from domain.conversations.sampling import AUTO, NONE, REQUIRED
from domain.models.messages import AssistantTurn, ModelRequest, ToolTurn, Turn, UserTurn
from domain.shared.json_schema import types_of, with_each
from domain.tools.tool import ToolSpec

MAX_OUTPUT_TOKENS = 32_000
"""What an answer may have, its reasoning included, where nothing is said: there must be a number.

Every model in service takes it: they take 64,000 (the 4.5 ones) or 128,000 tokens, which the
pages of the service's documentation on each model say as "Max output".
"""

_CACHED = {"cache_control": {"type": "ephemeral"}}
_BEFORE = "(What was said before is left out.)"
_GO_ON = "(Go on.)"
_NOTHING = "(nothing)"

_FIELDS = {"max_output_tokens": "max_tokens", "stop": "stop_sequences"}
_MODES = {AUTO: "auto", NONE: "none", REQUIRED: "any"}

_NOT_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")

_KINDS = {"text", "thinking", "redacted_thinking", "tool_use"}  # of blocks in an answer

Block = Mapping[str, Any]


class MessagesEncoder:
    """Encodes requests; each tool's schema is encoded once."""

    def __init__(self) -> None:
        self._tools = EncodedTools(_tool)
        self._last_tool = EncodedTools(lambda tool: {**_tool(tool), **_CACHED})

    def encode(self, request: ModelRequest, without: frozenset[str] = frozenset()) -> bytes:
        """Return the JSON body of a streamed request.

        ``without`` names parts to leave out, since the service refuses them.

        Raises:
            TypeError: a text is not valid Unicode (half a surrogate pair).

        """
        cached = {} if "cache_control" in without else _CACHED
        messages = _messages(request.turns, with_mementos=MEMENTOS not in without)
        if request.tools or len(messages) > 1:  # a single question is seldom asked twice
            content = messages[-1]["content"]
            content[-1] = {**content[-1], **cached}
        body: dict[str, Any] = {
            "model": request.model,
            "max_tokens": MAX_OUTPUT_TOKENS,
            "messages": messages,
            "stream": True,
        }
        if request.system.strip():
            body["system"] = [{"type": "text", "text": request.system, **cached}]
        if request.tools:
            *others, last = request.tools
            marked = self._last_tool if cached else self._tools
            body["tools"] = [*self._tools.of(others), *marked.of([last])]
        elif called := _called(request.turns):
            # Tools that were called must be known, even where none may be called any more.
            body["tools"] = [{"name": name, "input_schema": {"type": "object"}} for name in called]
            body["tool_choice"] = {"type": "none"}
        body.update(fields_of(self.parameters(request, without)))
        return orjson.dumps(body)

    def parameters(self, request: ModelRequest, without: frozenset[str]) -> Iterable[SentParameter]:
        """Return the sampling parameters in that body."""
        sampling = request.sampling
        stop = sampling.stop or ()
        if all(map(str.strip, stop)):  # a blank one is refused
            yield from renamed(request, _FIELDS, without)
        else:
            yield from renamed(request, _FIELDS, without | {"stop_sequences"})
        choice = _choice(request)
        if choice is not None and "tool_choice" not in without:
            yield SentParameter("tool_choice", "tool_choice", choice)
        form = sampling.response_format or {}
        if "schema" in form and "output_config" not in without:
            output = {"type": "json_schema", "schema": _closed(form["schema"])}
            yield SentParameter("response_format", "output_config", {"format": output})


def _choice(request: ModelRequest) -> dict[str, Any] | None:
    if (tool := tool_to_call(request, ANTHROPIC)) is not None:
        return {"type": "tool", "name": tool}
    mode = mode_of_choice(request)
    return None if mode is None else {"type": _MODES[mode]}


def _closed(schema: Any) -> Any:
    """Return a schema whose objects take no other properties, which the API insists on."""
    schema = with_each(schema, _closed)
    if isinstance(schema, Mapping) and "object" in types_of(schema):
        return {**schema, "additionalProperties": False}
    return schema


def _tool(tool: ToolSpec) -> dict[str, Any]:
    taken = compile_tool(tool, ANTHROPIC)
    return {
        "name": taken.name,
        "description": taken.description,
        "input_schema": taken.parameters,
    }


def _called(turns: Sequence[Turn]) -> list[str]:
    uses = (turn.tool_uses for turn in turns if isinstance(turn, AssistantTurn))
    return list(dict.fromkeys(use.tool for each in uses for use in each))


def _messages(turns: Sequence[Turn], *, with_mementos: bool) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    role = ""
    for turn in turns:
        if not (blocks := list(_blocks(turn, with_mementos=with_mementos))):
            continue
        speaker = "assistant" if isinstance(turn, AssistantTurn) else "user"
        if speaker == role:
            messages[-1]["content"] += blocks
        else:
            messages.append({"role": speaker, "content": blocks})
        role = speaker
    if not messages or messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": list(_words(_BEFORE))})
    if messages[-1]["role"] == "assistant":
        messages.append({"role": "user", "content": list(_words(_GO_ON))})
    return messages


def _blocks(turn: Turn, *, with_mementos: bool) -> Iterator[Block]:
    match turn:
        case UserTurn(content):
            yield from _words(content)
        case ToolTurn(call_id, _, content, is_error):
            result = {"type": "tool_result", "tool_use_id": _id(call_id)}
            failed = {"is_error": True} if is_error else {}
            yield {**result, "content": content or _NOTHING, **failed}
        case AssistantTurn():
            yield from _of_answer(turn, _remembered(turn) if with_mementos else ())


def _of_answer(turn: AssistantTurn, remembered: Sequence[Block]) -> Iterator[Block]:
    calls = [
        {
            "type": "tool_use",
            "id": _id(use.id),
            "name": use.tool,
            "input": orjson.Fragment(exact_json(use.arguments)),
        }
        for use in turn.tool_uses
    ]
    if remembered:
        calling = iter(calls)
        for block in remembered:
            if block["type"] == "text":
                yield from _words(block["text"])
            else:
                yield next(calling) if block["type"] == "tool_use" else block
        return
    yield from _words(turn.content)
    yield from calls


def _remembered(turn: AssistantTurn) -> Sequence[Block]:
    """Return the blocks in the answer's memento, ``tool_use`` without the calls.

    Empty unless the whole memento can be read and fits the calls.
    """
    if not turn.memento:
        return ()
    try:
        blocks: list[Block] = orjson.loads(turn.memento)
        kinds = [block["type"] for block in blocks]
        texts = [block["text"] for block in blocks if block["type"] == "text"]
        fits = kinds.count("tool_use") == len(turn.tool_uses) and _KINDS.issuperset(kinds)
    except (ValueError, TypeError, KeyError):
        return ()
    return blocks if fits and all(isinstance(text, str) for text in texts) else ()


def _id(call_id: str) -> str:
    return _NOT_IN_AN_ID.sub("_", call_id)


def _words(content: str) -> Iterator[Block]:
    if content.strip():
        yield {"type": "text", "text": content}

"""Encodes a request as the body of Gemini's ``streamGenerateContent``."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from adapters.llm.encoded_tools import EncodedTools
from adapters.llm.google.memento import remembered
from adapters.llm.google.parts import call_part, result_part, text_part
from adapters.llm.google.schema_rules import GOOGLE
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
from domain.tools.tool import ToolSpec

# The models that can return thoughts; others refuse a request that asks for them.
_THINKS = re.compile(
    r"(models/)?gemini-(2\.5-(pro|flash)|[3-9]|(pro|flash)-latest)"
    r"(?!.*(lite|image|audio|tts|live|computer-use|robotics))"
)

# From Gemini 3 on, a call of the current turn needs a signature; this one is documented for
# calls that Google's model did not make itself.
_UNSIGNED = re.compile(r"(models/)?gemini-[12]\b")
_NO_SIGNATURE = "skip_thought_signature_validator"

_FIELDS = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_output_tokens": "maxOutputTokens",
    "stop": "stopSequences",
    "seed": "seed",
}
_MODES = {AUTO: "AUTO", NONE: "NONE", REQUIRED: "ANY"}

# A conversation has to begin and end with the user.
_GO_ON = {"role": "user", "parts": [text_part("Go on.")]}


class GeminiEncoder:
    """Encodes requests; each tool's schema is encoded once."""

    def __init__(self) -> None:
        self._tools = EncodedTools(_declaration)

    def encode(self, request: ModelRequest, without: frozenset[str] = frozenset()) -> bytes:
        """Return the JSON body; the model's name is in the address.

        ``without`` names parts to leave out, since the service refuses them.

        Raises:
            TypeError: a text is not valid Unicode (half a surrogate pair).

        """
        contents = _contents(request, with_mementos=MEMENTOS not in without)
        body: dict[str, Any] = {"contents": contents}
        if request.system:
            body["systemInstruction"] = {"parts": [text_part(request.system)]}
        if request.tools:
            body["tools"] = [{"functionDeclarations": self._tools.of(request.tools)}]
        config = fields_of(self.parameters(request, without))
        if (calling := config.pop("toolConfig", None)) is not None:
            body["toolConfig"] = {"functionCallingConfig": calling}
        if (form := config.pop("responseFormat", None)) is not None:
            config.update(form)
        if _THINKS.match(request.model) and "thinkingConfig" not in without:
            config["thinkingConfig"] = {"includeThoughts": True}
        if config:
            body["generationConfig"] = config
        return orjson.dumps(body)

    def parameters(self, request: ModelRequest, without: frozenset[str]) -> Iterable[SentParameter]:
        """Return the sampling parameters in that body: fields of ``generationConfig``.

        ``toolConfig`` stands for the field beside it, ``responseFormat`` for two fields.
        """
        yield from renamed(request, _FIELDS, without)
        if "toolConfig" not in without and (choice := _choice(request)) is not None:
            yield SentParameter("tool_choice", "toolConfig", choice)
        form = request.sampling.response_format
        if form is not None and "responseFormat" not in without:
            schema = {"responseJsonSchema": form["schema"]} if "schema" in form else {}
            fields = {"responseMimeType": "application/json", **schema}
            yield SentParameter("response_format", "responseFormat", fields)


def _choice(request: ModelRequest) -> dict[str, Any] | None:
    if (tool := tool_to_call(request, GOOGLE)) is not None:
        return {"mode": "ANY", "allowedFunctionNames": [tool]}
    mode = mode_of_choice(request)
    return None if mode is None else {"mode": _MODES[mode]}


def _declaration(tool: ToolSpec) -> dict[str, Any]:
    taken = compile_tool(tool, GOOGLE)
    declaration = {"name": taken.name, "description": taken.description}
    if taken.parameters.keys() <= {"type", "properties"} and not taken.parameters["properties"]:
        return declaration  # an object without properties has been refused
    return {**declaration, "parametersJsonSchema": taken.parameters}


def _contents(request: ModelRequest, *, with_mementos: bool) -> list[dict[str, Any]]:
    """Return the turns as contents, none empty; adjacent turns of one role are joined."""
    contents: list[dict[str, Any]] = []
    for role, parts in _roles_and_parts(request, with_mementos=with_mementos):
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        elif parts:
            contents.append({"role": role, "parts": parts})
    if not contents or contents[0]["role"] == "model":
        contents.insert(0, _GO_ON)
    if contents[-1]["role"] == "model":
        contents.append(_GO_ON)
    return contents


def _roles_and_parts(
    request: ModelRequest, *, with_mementos: bool
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    sent_ids: dict[str, str] = {}  # of calls, by our own ids
    current = _start_of_current(request.turns)
    worker_status = not _UNSIGNED.match(request.model)
    for number, turn in enumerate(request.turns):
        match turn:
            case UserTurn(content):
                yield "user", [text_part(content)] if content else []
            case ToolTurn(call_id):
                yield "user", [result_part(turn, sent_ids.get(call_id, call_id))]
            case AssistantTurn(_, uses):
                parts = (with_mementos and remembered(turn)) or _parts(turn)
                calls = [part for part in parts if "functionCall" in part]
                if calls and worker_status and number > current:
                    calls[0].setdefault("thoughtSignature", _NO_SIGNATURE)
                for use, part in zip(uses, calls, strict=True):
                    sent_ids[use.id] = part["functionCall"]["id"]
                yield "model", parts


def _start_of_current(turns: Sequence[Turn]) -> int:
    """Return the index of the last turn with text of the user; -1 without one."""
    users = (n for n, turn in enumerate(turns) if isinstance(turn, UserTurn) and turn.content)
    return max(users, default=-1)


def _parts(turn: AssistantTurn) -> list[dict[str, Any]]:
    said = [text_part(turn.content)] if turn.content else []
    return said + [call_part(use, use.id) for use in turn.tool_uses]

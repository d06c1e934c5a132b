"""The requests that Anthropic's service takes, and its words for those that it refuses."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.adapters.llm.wire.server import Request

_VERSION = "2026-10-21"
_FIELDS = {
    *("cache_control", "container", "diagnostics", "inference_geo", "max_tokens", "messages"),
    *("metadata", "model", "output_config", "service_tier", "speed", "stop_sequences", "stream"),
    *("system", "thinking", "tool_choice", "tools"),
}
_BLOCKS = {
    "text": {"text", "citations"},
    "thinking": {"thinking", "signature"},
    "redacted_thinking": {"data"},
    "tool_use": {"id", "name", "input", "caller"},
    "tool_result": {"tool_use_id", "content", "is_error"},
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_MOST_MARKS = 4


class Refusal(Exception):
    """What is wrong with a request, in the service's words."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def check(request: Request) -> None:
    """Raise a `Refusal` unless the service takes this request."""
    headers = request.headers
    bearer = headers.get("authorization", "").removeprefix("Bearer ")
    if bearer in {"", "none"} and not headers.get("x-api-key"):
        raise Refusal("x-api-key header is required", 401)
    if (request.method, request.path) == ("GET", "/v1/models"):
        return
    if (request.method, request.path) != ("POST", "/v1/messages"):
        raise Refusal("Not found", 404)
    _require(headers.get("anthropic-version") == _VERSION, "anthropic-version: header is required")
    _require(headers.get("content-type") == "application/json", "content-type: is not JSON")
    _check_body(request.body)


def signature(body: Mapping[str, Any], thought: str, at: int | None = None) -> str:
    """Sign a thought, bound to all that was said before it (the ``at`` first messages)."""
    prefix = [body.get("system"), body.get("tools"), body["messages"][:at], thought]
    return hashlib.sha256(json.dumps(_unmarked(prefix)).encode()).hexdigest()


def _unmarked(value: Any) -> Any:
    match value:
        case dict():
            return {k: _unmarked(v) for k, v in value.items() if k != "cache_control"}
        case list():
            return [_unmarked(each) for each in value]
    return value


def _require(condition: object, message: str) -> None:
    if not condition:
        raise Refusal(message)


def _check_body(body: Mapping[str, Any]) -> None:
    for name in body:
        _require(name in _FIELDS, f"{name}: Extra inputs are not permitted")
    for name in ("model", "max_tokens", "messages"):
        _require(name in body, f"{name}: Field required")
    tokens = body["max_tokens"]
    _require(isinstance(tokens, int) and tokens > 0, "max_tokens: must be greater than 0")
    for index, block in enumerate(body.get("system", [])):
        _check_block(block, {"text"}, f"system.{index}")
    names = list(_tool_names(body.get("tools", [])))
    _require(len(names) == len(set(names)), "tools: Tool names must be unique.")
    _check_messages(body)
    _check_sampling(body, names)
    marks = json.dumps(body).count('"cache_control": {"type": "ephemeral"}')
    _require(marks == json.dumps(body).count('"cache_control"'), "cache_control: invalid")
    _require(marks <= _MOST_MARKS, f"A maximum of 4 blocks with cache_control, found {marks}.")


def _check_sampling(body: Mapping[str, Any], names: Sequence[str]) -> None:
    for at, text in enumerate(body.get("stop_sequences", [])):
        _require(
            text.strip(), f"stop_sequences.{at}: each stop sequence must contain non-whitespace"
        )
    choice = body.get("tool_choice", {"type": "auto"})
    _require(choice["type"] in {"auto", "any", "none", "tool"}, "tool_choice.type: invalid")
    _require(choice.get("name", "") in {"", *names}, "tool_choice.name: no such tool")
    schema = body.get("output_config", {}).get("format", {}).get("schema", {})
    closed = schema.get("type") != "object" or schema.get("additionalProperties") is False
    words = "output_config.format.schema: 'additionalProperties' must be explicitly set to false"
    _require(closed, words)


def _tool_names(tools: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for index, tool in enumerate(tools):
        path = f"tools.{index}.custom"
        extra = tool.keys() - {"name", "description", "input_schema", "cache_control"}
        _require(not extra, f"{path}: Extra inputs are not permitted")
        _require(_NAME.fullmatch(tool["name"]), f"{path}.name: String should match pattern")
        schema = tool["input_schema"]
        _require(schema.get("type") == "object", f"{path}.input_schema.type: Field required")
        composed = schema.keys() & {"oneOf", "allOf", "anyOf"}
        _require(
            not composed,
            f"{path}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the"
            " top level",
        )
        for name in schema.get("properties", {}):
            keys = f"{path}.input_schema.properties: Property keys should match pattern"
            _require(_PROPERTY.fullmatch(name), keys)
        yield tool["name"]


def _check_messages(body: Mapping[str, Any]) -> None:
    messages: list[dict[str, Any]] = body["messages"]
    _require(messages, "messages: at least one message is required")
    _require(messages[0]["role"] == "user", 'messages: first message must use the "user" role')
    prefill = "This model does not support assistant message prefill."
    _require(messages[-1]["role"] == "user", prefill)
    waiting: set[str] = set()
    called: set[str] = set()
    for index, message in enumerate(messages):
        path, role = f"messages.{index}", message["role"]
        _require(message.keys() == {"role", "content"}, f"{path}: Extra inputs are not permitted")
        content = message["content"]
        _require(content, f"{path}: user messages must have non-empty content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        ours = {"text", "thinking", "redacted_thinking", "tool_use"}
        for at, block in enumerate(content):
            kinds = ours if role == "assistant" else {"text", "tool_result"}
            _check_block(block, kinds, f"{path}.content.{at}")
            _check_thought(body, index, block, f"{path}.content.{at}")
        waiting = _check_calls(content, waiting, called, path)
    _require(not waiting, "`tool_use` ids were found without `tool_result` blocks")
    _require(body.get("tools") or not called, "Requests which have tool blocks must define tools")


def _check_block(block: Mapping[str, Any], kinds: set[str], path: str) -> None:
    _require(block["type"] in kinds, f"{path}: Input tag '{block['type']}' is not expected")
    known = _BLOCKS[block["type"]] | {"type"}
    known |= set() if block["type"].endswith("thinking") else {"cache_control"}
    _require(block.keys() <= known, f"{path}: Extra inputs are not permitted")
    if block["type"] == "text":
        _require(block["text"].strip(), "text content blocks must contain non-whitespace text")
    if block["type"] == "tool_use":
        _require(isinstance(block["input"], dict), f"{path}.input: Input should be an object")
    if block.get("is_error"):
        _require(block["content"], f"{path}: content cannot be empty if `is_error` is true")


def _check_thought(
    body: Mapping[str, Any], index: int, block: Mapping[str, Any], path: str
) -> None:
    match block:
        case {"type": "thinking", "thinking": thought, "signature": signed}:
            pass
        case {"type": "redacted_thinking", "data": signed}:
            thought = "secret"
        case _:
            return
    _require(
        signed == signature(body, thought, index),
        f"{path}: Invalid `signature` in `thinking` block. The block is bound to a different"
        " conversation.",
    )


def _check_calls(
    content: Sequence[Mapping[str, Any]], waiting: set[str], called: set[str], path: str
) -> set[str]:
    """Check the results that are waited for, and return the calls whose results are now."""
    results = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
    led = all(block["type"] == "tool_result" for block in content[: len(results)])
    _require(led, f"{path}: `tool_result` blocks must come first")
    missing = "`tool_use` ids were found without `tool_result` blocks immediately after"
    _require(waiting <= set(results), f"{path}: {missing}")
    unexpected = "unexpected `tool_use_id` found in `tool_result` blocks"
    _require(set(results) <= waiting, f"{path}: {unexpected}")
    uses = [block["id"] for block in content if block["type"] == "tool_use"]
    for call_id in uses:
        _require(_NAME.fullmatch(call_id), f"{path}: tool_use.id: String should match pattern")
        _require(call_id not in called, f"{path}: `tool_use` ids must be unique")
        called.add(call_id)
    return set(uses)

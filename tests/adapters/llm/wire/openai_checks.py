"""The requests that OpenAI's service takes, and its words for those that it refuses."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_PLAIN = ("gpt-4", "plain")  # models that do not reason

_COMPLETION = {
    *("max_completion_tokens", "max_tokens", "messages", "model", "stream", "stream_options"),
    *("temperature", "tools", "top_p", "stop", "seed", "tool_choice", "response_format"),
}
_RESPONSE = {
    *("include", "input", "instructions", "max_output_tokens", "model", "reasoning", "store"),
    *("stream", "temperature", "tools", "top_p", "tool_choice", "text"),
}
_ITEMS = {
    "message": {"type", "role", "content", "phase"},
    "reasoning": {"type", "id", "summary", "encrypted_content"},
    "function_call": {"type", "call_id", "name", "arguments"},
    "function_call_output": {"type", "call_id", "output"},
}


class Refusal(Exception):
    """What is wrong with a request, in the service's words."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param, self.code = param, code


def check_completion(body: Mapping[str, Any]) -> None:
    """Raise a `Refusal` unless the service takes this request for a chat completion."""
    _check_fields(body, _COMPLETION)
    _require(body["messages"], "Invalid 'messages': empty array.", "messages")
    waiting: list[str] = []  # the calls whose results must come next
    for at, message in enumerate(body["messages"]):
        role, param = message["role"], f"messages.[{at}].role"
        if role == "tool":
            told = message["tool_call_id"]
            _require(
                told in waiting,
                "messages with role 'tool' must be a response to a preceeding message with"
                " 'tool_calls'.",
                param,
            )
            waiting.remove(told)
            _check_text(message["content"], param)
            continue
        _require(
            not waiting,
            "An assistant message with 'tool_calls' must be followed by tool messages responding"
            " to each 'tool_call_id'.",
            param,
        )
        _require(role in {"system", "user", "assistant"}, f"Invalid value: '{role}'.", param)
        calls = message.get("tool_calls") or []
        if not calls or message["content"] is not None:
            _check_text(message["content"], param)
        for call in calls:
            _check_fields(call, {"id", "type", "function"})
            _check_call(call["function"])
        waiting = [call["id"] for call in calls]
    _require(not waiting, "The following tool_call_ids did not have response messages", "messages")
    _check_sampling(body, taken=body["model"] != "thinker")
    _check_tools([{"type": each["type"], **each["function"]} for each in body.get("tools", [])])


def check_response(body: Mapping[str, Any]) -> None:
    """Raise a `Refusal` unless the service takes this request for a response."""
    _check_fields(body, _RESPONSE)
    _require(body["store"] is False, "nothing of the house's is to be stored", "store")
    _check_tools(body.get("tools", []), strict=False)
    _require(body.get("max_output_tokens", 16) >= 16, "below minimum value", "max_output_tokens")
    _check_reasoning(body)
    _check_items(body["input"])


def _check_reasoning(body: Mapping[str, Any]) -> None:
    model = body["model"]
    plain = model.startswith(_PLAIN)
    if "include" in body and plain:
        raise Refusal("Encrypted content is not supported with this model.", "include")
    if "reasoning" in body and plain:
        words = "Unsupported parameter: 'reasoning.summary' is not supported with this model."
        raise Refusal(words, "reasoning.summary", "unsupported_parameter")
    if "reasoning" in body and model == "unverified":
        words = "Your organization must be verified to generate reasoning summaries."
        raise Refusal(words, "reasoning.summary", "unsupported_value")
    _check_sampling(body, taken=plain)


def _check_sampling(body: Mapping[str, Any], *, taken: bool) -> None:
    for name in ("temperature", "top_p", "stop"):
        if name in body and not taken:
            words = f"Unsupported parameter: '{name}' is not supported with this model."
            raise Refusal(words, name, "unsupported_parameter")
    if "tool_choice" in body:
        words = "'tool_choice' is only allowed when 'tools' are specified."
        _require(body.get("tools"), words, "tool_choice")


def _check_items(items: Sequence[Mapping[str, Any]]) -> None:
    _require(items, "One of 'input' or 'previous_response_id' must be provided.", "input")
    waiting: list[str] = []
    for at, item in enumerate(items):
        kind, param = item.get("type", "message"), f"input[{at}]"
        _check_fields(item, _ITEMS[kind], param)
        if kind == "message":
            _require(item["role"] in {"user", "assistant"}, "Invalid value.", f"{param}.role")
            _check_text(item["content"], param)
        elif kind == "reasoning":
            _check_thought(item, items[at + 1 : at + 2], param)
        elif kind == "function_call":
            _check_call({"name": item["name"], "arguments": item["arguments"]})
            waiting.append(item["call_id"])
        else:
            known = item["call_id"] in waiting
            words = f"No tool call found for function call output with call_id {item['call_id']}."
            _require(known, words, "input")
            waiting.remove(item["call_id"])
            _check_text(item["output"], param)
    _require(not waiting, f"No tool output found for function call {waiting}.", "input")


def _check_thought(
    item: Mapping[str, Any], following: Sequence[Mapping[str, Any]], param: str
) -> None:
    _require(isinstance(item["summary"], list), "Invalid type.", f"{param}.summary")
    if not item["encrypted_content"].startswith("gAAAA"):
        words = "The encrypted content could not be verified."
        raise Refusal(words, None, "invalid_encrypted_content")
    kinds = [each.get("type", each.get("role")) for each in following]
    words = f"Item '{item['id']}' was provided without its required following item."
    _require(kinds and kinds[0] in {"assistant", "function_call", "reasoning"}, words, "input")


def _check_tools(tools: Sequence[Mapping[str, Any]], strict: bool | None = None) -> None:
    for tool in tools:
        more = set() if strict is None else {"strict"}
        _check_fields(tool, {"type", "name", "description", "parameters", *more}, "tools")
        _require(tool.get("strict") is strict, "'additionalProperties' is required", "tools")
        _require(_NAME.fullmatch(tool["name"]), "does not match pattern", "tools")
        _require(tool["parameters"]["type"] == "object", "schema must be an object", "tools")


def _check_call(function: Mapping[str, Any]) -> None:
    _check_fields(function, {"name", "arguments"})
    _require(_NAME.fullmatch(function["name"]), "does not match pattern", "name")
    _check_text(function["arguments"], "arguments")


def _check_fields(given: Mapping[str, Any], known: Iterable[str], param: str = "") -> None:
    for field in given.keys() - set(known):
        name = f"{param}.{field}" if param else field
        raise Refusal(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def _check_text(value: Any, param: str) -> None:
    _require(isinstance(value, str), f"Invalid type for '{param}': expected a string.", param)


def _require(holds: object, message: str, param: str) -> None:
    if not holds:
        raise Refusal(message, param, "invalid_value")

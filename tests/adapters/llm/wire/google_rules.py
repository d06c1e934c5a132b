"""What Google's service refuses, in its own words, of the requests that could be made here."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

SIGNATURE = base64.b64encode(b"what the model thought").decode()
_SKIPPED = "skip_thought_signature_validator"
_FIELDS = {
    "": {
        "contents",
        "systemInstruction",
        "tools",
        "toolConfig",
        "generationConfig",
        "safetySettings",
    },
    "generation_config": {
        *("temperature", "maxOutputTokens", "thinkingConfig", "topP", "stopSequences", "seed"),
        *("responseMimeType", "responseJsonSchema"),
    },
    "tool_config": {"functionCallingConfig"},
    "function_calling_config": {"mode", "allowedFunctionNames"},
    "tools": {"functionDeclarations"},
    "function_declarations": {"name", "description", "parameters", "parametersJsonSchema"},
    "contents": {"role", "parts"},
    "parts": {"text", "thought", "thoughtSignature", "functionCall", "functionResponse"},
    "function_call": {"id", "name", "args"},
    "function_response": {"id", "name", "response"},
}
_NAME = re.compile(r"[a-zA-Z_][\w.:-]{0,127}")
_MODEL = re.compile(r"[\w.:-]+", re.ASCII)
_THINKING = re.compile(r"gemini-(2\.5|[3-9]|(flash|pro)-latest)")
_NO_FORMAT = re.compile(r"gemini-[12]\.")
_NEEDS_NO_SIGNATURE = re.compile(r"gemini-[12]\.")


def refusal(model: str, body: Mapping[str, Any]) -> str | None:
    """Return why the service refuses a request to the model with this body; None if it does not."""
    return next(_problems(model, body), None)


def _problems(model: str, body: Mapping[str, Any]) -> Iterator[str]:
    if not _MODEL.fullmatch(model):
        yield "GenerateContentRequest.model: unexpected model name format"
    yield from _unknown("", body)
    contents = body.get("contents") or []
    config, tools = body.get("generationConfig", {}), body.get("tools", [])
    yield from _unknown("generation_config", config)
    if "thinkingConfig" in config and not _THINKING.match(model):
        yield f"Thinking is not enabled for models/{model}"
    calling = body.get("toolConfig", {})
    yield from _unknown("tool_config", calling)
    yield from _unknown("function_calling_config", calling.get("functionCallingConfig", {}))
    if "responseMimeType" in config and tools and _NO_FORMAT.match(model):
        yield ("Function calling with a response mime type: 'application/json' is unsupported")
    for tool in tools:
        yield from _unknown("tools", tool)
        for declaration in tool["functionDeclarations"]:
            yield from _unknown("function_declarations", declaration)
            if not _NAME.fullmatch(declaration["name"]):
                yield "Invalid function name. Must start with a letter or an underscore."
    for content in [
        *contents,
        *([body["systemInstruction"]] if "systemInstruction" in body else []),
    ]:
        yield from _of_content(content)
    yield from _of_order(contents)
    if not _NEEDS_NO_SIGNATURE.match(model):
        yield from _of_signatures(contents)


def _unknown(message: str, fields: Mapping[str, Any]) -> Iterator[str]:
    for name in fields.keys() - _FIELDS[message]:
        yield f"Invalid JSON payload received. Unknown name \"{name}\" at '{message}'."


def _of_content(content: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown("contents", content)
    if not content["parts"]:
        yield "Unable to submit request because it must include at least one parts field."
    for part in content["parts"]:
        yield from _unknown("parts", part)
        if sum(kind in part for kind in ("text", "functionCall", "functionResponse")) != 1:
            yield "contents.parts.data: required oneof field 'data' must have one initialized field"
        if part.get("text") == "" and "thoughtSignature" not in part:
            yield "Unable to submit request because it has an empty text parameter."
        yield from _unknown("function_call", part.get("functionCall", {}))
        yield from _unknown("function_response", part.get("functionResponse", {}))
        if not isinstance(part.get("functionResponse", {}).get("response", {}), dict):
            yield "Invalid value at 'function_response.response' (type.googleapis.com/.../Struct)"


def _of_order(contents: list[Mapping[str, Any]]) -> Iterator[str]:
    roles = [content.get("role") for content in contents]
    if set(roles) - {"user", "model"}:
        yield "Please use a valid role: user, model."
    if not contents or roles != [("user", "model")[number % 2] for number in range(len(roles))]:
        yield "Please ensure that multiturn requests alternate between user and model."
    if roles and roles[-1] != "user":
        yield "Please ensure that multiturn requests end with a user role or a function response."
    for number, content in enumerate(contents):
        called = _named(content, "functionCall")
        following = contents[number + 1] if number + 1 < len(contents) else {"parts": []}
        before = contents[number - 1] if number else {"parts": []}
        if called and _named(following, "functionResponse") != called:
            yield (
                "Please ensure that the number of function response parts is equal to the number"
                " of function call parts of the function call turn."
            )
        if _named(content, "functionResponse") and not _named(before, "functionCall"):
            yield (
                "Please ensure that function response turn comes immediately after a function"
                " call turn."
            )


def _named(content: Mapping[str, Any], kind: str) -> list[tuple[str, str]]:
    parts = (part[kind] for part in content["parts"] if kind in part)
    return [(part["id"], part["name"]) for part in parts]


def _of_signatures(contents: list[Mapping[str, Any]]) -> Iterator[str]:
    """Tell of the first call of a step in the current turn, which has to be signed."""
    for content in reversed(contents):
        if content.get("role") == "user" and any("text" in part for part in content["parts"]):
            return
        for part in content["parts"]:
            if part.get("thoughtSignature", SIGNATURE) not in {SIGNATURE, _SKIPPED}:
                yield "Corrupted thought signature."
        called = [part for part in content["parts"] if "functionCall" in part]
        if called and not called[0].get("thoughtSignature"):
            yield "Function call is missing a thought_signature in functionCall parts."

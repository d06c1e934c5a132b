"""What each provider refuses of a tool, by its own pages and error messages.

Written from those alone: nothing here is of the compiler's.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft202012Validator, meta

from adapters.llm.schemas import Compiled

Checks = Callable[[Compiled], Iterator[str]]

_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_MANY = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")


def nodes(schema: Any, depth: int = 0, objects: int = 0) -> Iterator[tuple[Any, int, int]]:
    """Yield every schema, how deep it lies in containers, and in how many objects."""
    yield schema, depth, objects
    if not isinstance(schema, dict):
        return
    for key in _ONE:
        if key in schema:
            yield from nodes(schema[key], depth + 1, objects)
    for key in _MANY:
        deeper = key == "prefixItems"
        for each in schema.get(key, []):
            yield from nodes(each, depth + deeper, objects)
    for key in _MAPS:
        inside = key != "$defs"
        for each in schema.get(key, {}).values():
            yield from nodes(each, (depth + 1) * inside, (objects + 1) * inside)


def _everywhere(compiled: Compiled) -> Iterator[str]:
    schema = compiled.parameters
    if schema.get("type") != "object":
        yield "the root is no object"
    if not meta.is_valid({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"}):
        yield "not JSON Schema 2020-12"
    for node, _, _ in nodes(schema):
        if not isinstance(node, dict | bool):
            yield f"no schema: {node!r}"
            continue
        if isinstance(node, dict) and "$ref" in node:
            name = node["$ref"].removeprefix("#/$defs/")
            if name not in schema.get("$defs", {}):
                yield f"dangling {node['$ref']}"
        if isinstance(node, dict) and "array" in _types(node) and "items" not in node:
            yield "array schema missing items"
    json.dumps(schema, allow_nan=False).encode()


def _types(node: Mapping[str, Any]) -> list[str]:
    kind = node.get("type", [])
    return [kind] if isinstance(kind, str) else kind


def openai(compiled: Compiled) -> Iterator[str]:
    """Yield what OpenAI refuses."""
    yield from _everywhere(compiled)
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", compiled.name):
        yield "name"
    if len(compiled.description) > 1024:
        yield "string_above_max_length"
    if compiled.parameters.keys() & {"oneOf", "anyOf", "allOf", "enum", "const", "not"}:
        yield "composed at the top level"
    for node, _, _ in nodes(compiled.parameters):
        if isinstance(node, dict) and "pattern" in node:
            re.compile(node["pattern"])


_STRICT = {
    *("type", "description", "properties", "required", "additionalProperties", "items", "anyOf"),
    *("enum", "const", "$ref", "$defs", "pattern", "format", "multipleOf", "maximum", "minimum"),
    *("exclusiveMaximum", "exclusiveMinimum", "minItems", "maxItems"),
}
_STRICT_FORMATS = {
    *("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"),
}


def openai_strict(compiled: Compiled) -> Iterator[str]:
    """Yield what OpenAI refuses of a strict tool."""
    yield from openai(compiled)
    properties: list[str] = []
    enums: list[Any] = []
    for node, _, objects in nodes(compiled.parameters):
        if isinstance(node, bool):  # the value of additionalProperties
            continue
        yield from _of_strict(node)
        if objects >= 10 and "object" in _types(node):
            yield "levels of nesting exceed limit of 10"
        properties += node.get("properties", {})
        enums += node.get("enum", [])
    if len(properties) > 5000 or len(enums) > 1000 or sum(map(len, properties)) > 120_000:
        yield "too large"


def _of_strict(node: Mapping[str, Any]) -> Iterator[str]:
    if unknown := node.keys() - _STRICT:
        yield f"not permitted: {unknown}"
    if "$ref" in node and len(node) > 1:
        yield "$ref cannot have keywords beside it"
    if not node.keys() & {"type", "$ref", "anyOf"}:
        yield f"schema must have a 'type' key: {node}"
    if "object" in _types(node):
        if node.get("additionalProperties") is not False:
            yield "'additionalProperties' is required to be supplied and to be false"
        if set(node.get("required", ())) != node.get("properties", {}).keys():
            yield "'required' is to include every key in properties"
    if node.get("format", "date") not in _STRICT_FORMATS:
        yield f"format {node['format']}"
    if "(?" in node.get("pattern", ""):
        yield "lookaround in a pattern"


def anthropic(compiled: Compiled) -> Iterator[str]:
    """Yield what Anthropic refuses."""
    yield from _everywhere(compiled)
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", compiled.name):
        yield "name: String should match pattern"
    if compiled.parameters.keys() & {"oneOf", "allOf", "anyOf"}:
        yield "input_schema does not support oneOf, allOf, or anyOf at the top level"
    for name in compiled.parameters.get("properties", {}):
        if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name):
            yield "Property keys should match pattern"
    Draft202012Validator(dict(compiled.parameters))


_GOOGLE = {
    *("type", "format", "title", "description", "enum", "items", "prefixItems", "minItems"),
    *("maxItems", "minimum", "maximum", "anyOf", "properties", "additionalProperties", "required"),
}


def google(compiled: Compiled) -> Iterator[str]:
    """Yield what Google refuses, or is not known to take."""
    yield from _everywhere(compiled)
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}", compiled.name):
        yield "Invalid function name"
    for name in compiled.parameters.get("properties", {}):
        if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}", name):
            yield "Parameter names must start with a letter or an underscore"
    for node, depth, _ in nodes(compiled.parameters):
        if isinstance(node, dict):
            yield from _of_google(node, depth)


def _of_google(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    if unknown := node.keys() - _GOOGLE:
        yield f"Unknown name {unknown}"
    values = node.get("enum", ["x"])
    if not values or {type(each) for each in values} - {str, int, float}:
        yield "enum: only allowed for strings and numbers"
    if set(node.get("required", ())) - node.get("properties", {}).keys():
        yield "required: property is not defined"
    if depth > 4 and {"object", "array"} & set(_types(node)):
        yield "exceeds the maximum allowed nesting depth"
    if "anyOf" in node and node.keys() - {"anyOf", "description"}:
        yield "any_of must be the only field set"
    if any(abs(node.get(key, 0)) > 2**53 for key in ("minimum", "maximum")):
        yield "beyond a double"


REFUSALS: Mapping[str, Checks] = {
    "openai": openai,
    "openai-strict": openai_strict,
    "anthropic": anthropic,
    "google": google,
}

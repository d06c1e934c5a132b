"""Versions of learned APIs, packed: a thousand tools are some hundred kilobytes."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from domain.learned_apis import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.tools import Effect, ToolSpec

_LEVEL: Final = 6


def pack(version: ApiVersion) -> bytes:
    """Return a version as bytes; a large one takes a fraction of a second."""
    told = {
        "digest": version.digest,
        "title": version.title,
        "tools": [_tool(tool) for tool in version.tools],
        "skipped": version.skipped,
        "schemes": version.schemes,
    }
    return zlib.compress(orjson.dumps(told), _LEVEL)


def unpack(data: bytes) -> ApiVersion:
    """Return the version that `pack` packed."""
    told = orjson.loads(zlib.decompress(data))
    return ApiVersion(
        digest=told["digest"],
        title=told["title"],
        tools=tuple(_to_tool(each) for each in told["tools"]),
        skipped=tuple(SkippedOperation(**each) for each in told["skipped"]),
        schemes=tuple(ApiScheme(**each) for each in told["schemes"]),
    )


def _tool(tool: ApiTool) -> dict[str, Any]:
    spec = tool.spec
    return {
        "name": spec.name,
        "description": spec.description,
        "parameters": spec.parameters,
        "effect": spec.effect,
        "takes_key": spec.idempotent,
        "timeout": spec.timeout,
        "operation": tool.operation,
        "operation_id": tool.operation_id,
        "tags": tool.tags,
        "places": tool.places,
        "asks": tool.asks,
        "is_open": tool.is_open,
        "notes": tool.notes,
        "call": base64.b64encode(tool.call).decode(),
    }


def _to_tool(told: Mapping[str, Any]) -> ApiTool:
    spec = ToolSpec(
        name=told["name"],
        description=told["description"],
        parameters=told["parameters"],
        effect=Effect(told["effect"]),
        idempotent=told.get("takes_key", False),  # older ones went by the HTTP method
        open_world=True,
        timeout=told["timeout"],
        operation=told["operation"],
    )
    return ApiTool(
        spec=spec,
        operation=told["operation"],
        operation_id=told["operation_id"],
        tags=tuple(told["tags"]),
        places=tuple(told["places"]),
        asks=tuple(told["asks"]),
        is_open=told["is_open"],
        notes=tuple(told["notes"]),
        call=base64.b64decode(told["call"]),
    )

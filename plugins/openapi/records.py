"""Serialization of tools and operations as JSON, for another process and for storage.

Both use the same format: the operation and the parameters of a tool are JSON in a string, which is
not parsed until the tool is called or shown.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import orjson

from domain.learning.api.version import ApiTool
from domain.shared.errors import ToolFailed
from domain.tools.schema_text import SchemaText
from domain.tools.tool import Effect, ToolSpec
from plugins.openapi.lowering.tools import LoweredTool
from plugins.openapi.lowering.walk import Schema
from plugins.openapi.operation import (
    ApiServer,
    Content,
    Operation,
    OperationBody,
    Parameter,
    ParameterLocation,
    SecurityScheme,
)
from plugins.openapi.reading.values import to_json
from plugins.openapi.wire.servers import server_url

_SPEC_FIELDS: Final = tuple(each.name for each in fields(ToolSpec) if each.init)


def tool_record(lowered: LoweredTool) -> dict[str, Any]:
    """Return the record of a tool, with the fields of `ApiTool`."""
    operation = lowered.operation
    token_urls = [each.token_url for each in operation.schemes.values() if each.token_url]
    return {
        "spec": {
            **{name: getattr(lowered.spec, name) for name in _SPEC_FIELDS},
            "parameters": to_json(lowered.spec.parameters).decode(),
        },
        "operation": operation.name,
        "operation_id": operation.operation_id,
        "tags": operation.tags,
        "places": (_server(operation), *dict.fromkeys(token_urls)),
        "asks": sorted({name for each in operation.security for name in each}),
        "is_open": not operation.security or not all(operation.security),
        "notes": lowered.notes,
        "call": to_json(operation).decode(),
        "suspects": lowered.suspects,
        "whole": "" if lowered.whole is None else _packed(lowered.whole),
    }


def tool_from(record: Mapping[str, Any]) -> ApiTool:
    """Return the tool of a record."""
    spec = {name: _immutable(value) for name, value in record["spec"].items()}
    return ApiTool(
        spec=ToolSpec(
            **{
                **spec,
                "parameters": SchemaText(spec["parameters"].encode()),
                "effect": Effect(spec["effect"]),
            }
        ),
        operation=record["operation"],
        operation_id=record["operation_id"],
        tags=tuple(record["tags"]),
        places=tuple(record["places"]),
        asks=tuple(record["asks"]),
        is_open=record["is_open"],
        notes=tuple(record["notes"]),
        call=record["call"].encode(),
        whole=base64.b64decode(record["whole"]),
        suspects=tuple(record["suspects"]),
    )


def _immutable(value: Any) -> Any:
    """Return a field of a specification: JSON has lists for its tuples."""
    return tuple(value) if isinstance(value, list) else value


def _packed(schema: Schema) -> str:
    return base64.b64encode(zlib.compress(orjson.dumps(schema))).decode()


def _server(operation: Operation) -> str:
    try:
        return server_url(operation)
    except ToolFailed:  # the document has no usable server
        return ""


def operation_from(record: Mapping[str, Any]) -> Operation:
    """Return the operation of a record."""
    return Operation(
        **{
            **record,
            "servers": [ApiServer(**server) for server in record["servers"]],
            "parameters": [_parameter(one) for one in record["parameters"]],
            "body": _body(record["body"]),
            "schemes": {name: scheme_from(one) for name, one in record["schemes"].items()},
        }
    )


def scheme_from(record: Mapping[str, Any]) -> SecurityScheme:
    """Return the security scheme of a record."""
    return SecurityScheme(**{**record, "place": ParameterLocation(record["place"])})


def _parameter(record: Mapping[str, Any]) -> Parameter:
    return Parameter(**{**record, "place": ParameterLocation(record["place"])})


def _body(record: Mapping[str, Any] | None) -> OperationBody | None:
    if record is None:
        return None
    return OperationBody(**{**record, "contents": [Content(**one) for one in record["contents"]]})

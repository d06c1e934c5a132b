"""Tools and operations as JSON, to be sent to another process or kept."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import orjson

from domain.tools import Effect, ToolSpec
from plugins.openapi.lowering.tools import LoweredTool
from plugins.openapi.operation import (
    Body,
    Content,
    Operation,
    Parameter,
    Place,
    SecurityScheme,
    Server,
)
from plugins.openapi.reading.values import unspelled

_GIVEN: Final = frozenset(each.name for each in fields(ToolSpec) if each.init)


def to_json(record: Any) -> bytes:
    """Return one of our records as a line of JSON."""
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(record, default=unspelled, option=options)


def tool_from(record: Mapping[str, Any]) -> LoweredTool:
    """Return the tool that a record was made of."""
    told = {key: value for key, value in record["spec"].items() if key in _GIVEN}
    spec = ToolSpec(
        **{**told, "effect": Effect(told["effect"]), "requires": tuple(told["requires"])}
    )
    operation = operation_from(record["operation"])
    return LoweredTool(spec, operation, record["notes"])


def operation_from(record: Mapping[str, Any]) -> Operation:
    """Return the operation that a record was made of."""
    return Operation(
        **{
            **record,
            "servers": [Server(**server) for server in record["servers"]],
            "parameters": [_parameter(one) for one in record["parameters"]],
            "body": _body(record["body"]),
            "schemes": {name: scheme_from(one) for name, one in record["schemes"].items()},
        }
    )


def scheme_from(record: Mapping[str, Any]) -> SecurityScheme:
    """Return the security scheme that a record was made of."""
    return SecurityScheme(**{**record, "place": Place(record["place"])})


def _parameter(record: Mapping[str, Any]) -> Parameter:
    return Parameter(**{**record, "place": Place(record["place"])})


def _body(record: Mapping[str, Any] | None) -> Body | None:
    if record is None:
        return None
    return Body(**{**record, "contents": [Content(**one) for one in record["contents"]]})

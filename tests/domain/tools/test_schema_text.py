"""A schema that is held as text is one like any other."""

import json
from dataclasses import replace
from typing import Any

import pytest

from domain.tools.schema_text import SchemaText, decoded
from domain.tools.tool import Effect, ToolSpec

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"näme": {"type": "string", "maxLength": 2**70}, "lone": {"const": "\ud800"}},
    "required": ["näme"],
}


def test_it_has_what_its_text_has() -> None:
    schema = SchemaText.of(SCHEMA)

    assert dict(schema) == decoded(schema) == SCHEMA
    assert decoded(SCHEMA) is SCHEMA
    assert schema["required"] == ["näme"]
    assert schema.get("items") is None
    assert list(schema) == list(SCHEMA)
    assert len(schema) == len(SCHEMA)
    assert repr(schema) == repr(SCHEMA)


def test_it_equals_what_says_the_same() -> None:
    schema = SchemaText.of(SCHEMA)
    spaced = SchemaText(json.dumps(SCHEMA, indent=2).encode())

    assert schema == SCHEMA == schema
    assert schema == spaced
    assert schema != {**SCHEMA, "required": []}
    assert schema != SchemaText(b'{"type": "object"}')
    with pytest.raises(TypeError):
        hash(schema)


def test_a_tool_is_the_same_version_however_its_schema_is_held() -> None:
    spec = ToolSpec("pay", "Pay it.", SCHEMA, Effect.WRITE)
    as_text = replace(spec, parameters=SchemaText.of(SCHEMA))

    assert as_text == spec
    assert (as_text.version, as_text.tokens) == (spec.version, spec.tokens)

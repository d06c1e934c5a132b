"""Schemas of tools without noise: nothing that they refer to is lost, and none takes too long."""

from typing import Any

import pytest

from domain.shared.json_schema import definition_in, definitions_of, references_in
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.plain_schemas import plain_schema
from tests.support.hostile_schemas import MONSTERS


def test_definitions_stand_where_they_are_used_once() -> None:
    schema = {
        "properties": {
            "one": {"contentSchema": {"$ref": "#/$defs/Once"}, "title": "One"},
            "two": {"items": {"$ref": "#/$defs/Twice"}},
            "title": {"anyOf": [{"$ref": "#/$defs/Twice"}, {"type": "null"}]},
        },
        "$defs": {"Once": {"type": "string", "title": "Once"}, "Twice": {"enum": [{"title": 1}]}},
    }
    assert plain_schema(schema) == {
        "properties": {
            "one": {"contentSchema": {"type": "string"}},
            "two": {"items": {"$ref": "#/$defs/Twice"}},
            "title": {"anyOf": [{"$ref": "#/$defs/Twice"}, {"type": "null"}]},
        },
        "$defs": {"Twice": {"enum": [{"title": 1}]}},
    }


@pytest.mark.parametrize("schema", MONSTERS.values(), ids=MONSTERS)
def test_monsters_are_refused_or_stay_whole(schema: dict[str, Any]) -> None:
    try:
        plain = plain_schema(schema)
    except ToolDefinitionError as error:
        assert "too deep" in str(error)
    else:
        needed = {definition_in(reference) for reference in references_in(plain)}
        assert needed <= definitions_of(plain).keys()

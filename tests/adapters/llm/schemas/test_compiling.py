"""What becomes of single things in a tool's schema, provider by provider."""

import json
from typing import Any

import pytest
from jsonschema_rs import validator_for

from adapters.llm.anthropic.schema_rules import ANTHROPIC
from adapters.llm.google.schema_rules import GOOGLE
from adapters.llm.openai.schema_rules import OPENAI, OPENAI_STRICT
from adapters.llm.schemas import (
    Compiled,
    Loss,
    Target,
    compile_tool,
    for_provider,
    from_provider,
)
from adapters.llm.schemas.compiling import LARGEST
from adapters.llm.tool_schemas import schema_targets
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    ToolRequest,
    ToolTurn,
    ToolUse,
    Turn,
    UserTurn,
)
from domain.tools.tool import Effect, ToolSpec
from tests.adapters.llm.schemas.rules import REFUSALS

TARGETS = schema_targets()
TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "children": {"type": "array"}},
    "required": ["name"],
    "additionalProperties": False,
}
TREE["properties"]["children"]["items"] = {"$ref": "#/$defs/Tree"}  # type: ignore[index]  # JSON


def compiled(
    parameters: Any, target: Target, name: str = "look", description: str = "Look."
) -> Compiled:
    made = compile_tool(ToolSpec(name, description, parameters, Effect.READ), target)
    if made.refusal is None:
        assert list(REFUSALS[target.name](made)) == []
    return made


def of_one(schema: Any, target: Target) -> Any:
    """Return what becomes of the schema of a parameter that is required."""
    parameters = {"type": "object", "properties": {"it": schema}, "required": ["it"]}
    return compiled(parameters, target).parameters["properties"]["it"]


@pytest.mark.parametrize(
    ("schema", "target", "lowered"),
    [
        # what is not taken is said
        (
            {"type": "string", "minLength": 2, "description": "A code."},
            GOOGLE,
            {"type": "string", "description": "A code. (at least 2 characters)"},
        ),
        (
            {"type": "integer", "exclusiveMinimum": 0, "default": 3, "format": "int64"},
            GOOGLE,
            {"type": "integer", "description": "More than 0; default: 3"},
        ),
        (
            {"type": "string", "pattern": r"^\p{Lu}"},  # no regular expression of Python's
            OPENAI,
            {"type": "string", "description": r"Matches the regular expression ^\p{Lu}"},
        ),
        (
            {"type": "string", "pattern": "^(?!x)", "format": "uri"},
            OPENAI_STRICT,
            {
                "type": "string",
                "description": "Matches the regular expression ^(?!x); format: uri",
            },
        ),
        (
            {"type": "integer", "maximum": 2**53 + 2},
            ANTHROPIC,
            {"type": "integer", "maximum": 2**53 + 2},
        ),
        (
            {"type": "integer", "maximum": 2**53 + 2},
            GOOGLE,
            {"type": "integer", "description": f"At most {2**53 + 2}"},
        ),
        # values
        ({"enum": ["a", "b", "a"]}, OPENAI, {"enum": ["a", "b"]}),
        ({"enum": [1, True, 1.0]}, ANTHROPIC, {"enum": [1, True]}),
        ({"type": "string", "enum": []}, GOOGLE, {"type": "string"}),
        ({"enum": ["a", "b"]}, GOOGLE, {"enum": ["a", "b"], "type": "string"}),
        ({"const": 5}, GOOGLE, {"enum": [5], "type": "integer"}),
        ({"const": True}, GOOGLE, {"description": "Exactly true"}),
        (
            {"type": ["string", "null"], "enum": ["a", None]},
            GOOGLE,
            {"anyOf": [{"enum": ["a"], "type": "string"}, {"type": "null"}]},
        ),
        # compositions
        ({"oneOf": [{"type": "string"}]}, GOOGLE, {"type": "string"}),
        (
            {"oneOf": [{"type": "string"}, {"type": "null"}], "title": "Name"},
            OPENAI_STRICT,
            {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "Name"},
        ),
        (
            {"allOf": [{"type": "integer", "minimum": 1}, {"minimum": 3, "maximum": 5}]},
            GOOGLE,
            {"type": "integer", "minimum": 3, "maximum": 5},
        ),
        (
            {"type": "array", "minItems": 1, "anyOf": [{"items": {"const": 1}}, {"maxItems": 2}]},
            GOOGLE,
            {
                "anyOf": [
                    {"items": {"enum": [1], "type": "integer"}, "type": "array", "minItems": 1},
                    {"items": {}, "type": "array", "minItems": 1, "maxItems": 2},
                ]
            },
        ),
        (True, ANTHROPIC, {}),
        (True, OPENAI_STRICT, {"type": "string", "description": "As JSON text"}),
        # arrays and objects
        ({"type": "array"}, OPENAI, {"type": "array", "items": {}}),
        (
            {"type": "array", "items": [{"type": "string"}], "additionalItems": False},
            ANTHROPIC,
            {"prefixItems": [{"type": "string"}], "items": {}, "type": "array", "maxItems": 1},
        ),
        (
            {"type": "object", "properties": {"a": False, "b": True}, "required": ["c"]},
            GOOGLE,
            {"type": "object", "properties": {"b": {}, "c": {}}, "required": ["c"]},
        ),
        (
            {"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False},
            GOOGLE,
            {
                "additionalProperties": {"type": "integer"},
                "type": "object",
                "description": 'Properties by pattern of their names: {"^x":{"type":"integer"}}',
            },
        ),
        # what other drafts and OpenAPI have
        (
            {"type": "integer", "exclusiveMinimum": True, "minimum": 1},
            ANTHROPIC,
            {"type": "integer", "minimum": 1},
        ),
        ({"type": "string", "nullable": True, "x-order": 1}, ANTHROPIC, {"type": "string"}),
        ({"type": "string", "required": True, "properties": {}}, GOOGLE, {"type": "string"}),
    ],
)
def test_becomes(schema: Any, target: Target, lowered: Any) -> None:
    assert of_one(schema, target) == lowered


def test_lists_what_was_lost_and_where() -> None:
    parameters = {
        "type": "object",
        "properties": {"$top": {"type": "integer", "multipleOf": 5}, "b": {"$ref": "#/$defs/B~1C"}},
        "$defs": {"B/C": {"type": "string", "pattern": "x", "minLength": 3.5}},
        "minProperties": 1,
    }
    moved = "moved to the description"
    assert set(compiled(parameters, GOOGLE, "a b").losses) == {
        Loss("", "name", "renamed to 'a_b_c8687a08'"),
        Loss("", "minProperties", moved),
        Loss("/properties/$top", "multipleOf", moved),
        Loss("/$defs/B~1C", "pattern", moved),
        Loss("/$defs/B~1C", "minLength", "dropped, since it is not valid JSON Schema"),
        Loss("/properties/$top", "properties", "renamed to 'top'"),
    }
    assert [loss.keyword for loss in compiled(parameters, OPENAI).losses] == ["minLength"]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"$ref": "https://example.com/a.json"}, "refer to something outside"),
        ({"properties": {"a": {"$ref": "other.json#/a"}}}, "refer to something outside"),
        ({"properties": {"a": {"$ref": "#/$defs/missing"}}}, "refer to what is not there"),
        ({"properties": {"a": {"$ref": "#nowhere"}}}, "refer to what is not there"),
        ({"properties": {"a": {"items": {"$ref": 5}}}}, None),
        ({"type": "array"}, "are not an object"),
        ({"anyOf": [{"type": "string"}, {"enum": []}, False]}, None),
        ({"properties": {"a": {"const": "\ud800"}}}, "not valid Unicode"),
        ({"properties": {"a": {"default": object()}}}, "no JSON Schema"),
    ],
)
def test_refuses_what_cannot_be_sent(target: Target, parameters: Any, reason: str | None) -> None:
    refusal = compiled(parameters, target).refusal
    if reason is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert target.name in refusal
        assert reason in refusal


def test_a_long_description_ends_in_that_of_the_parameters() -> None:
    description = "It does this and that. " * 80
    parameters = {"type": "object", "description": "All of it."}
    made = compiled(parameters, OPENAI, description=description)
    assert made.description.endswith("that.…")
    assert made.parameters["description"].endswith("that. (All of it.)")
    assert compiled(parameters, ANTHROPIC, description=description).description == description


def test_a_composed_root_becomes_one_object() -> None:
    by_id = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    by_name = {
        "properties": {"name": {"type": "string"}, "exact": {"type": "boolean"}},
        "required": ["name"],
    }
    base = {"properties": {"limit": {"type": "integer"}}, "required": ["limit"]}
    parameters = {
        "allOf": [base],
        "oneOf": [by_id, {"$ref": "#/$defs/name"}],
        "$defs": {"name": by_name},
    }
    for target in (OPENAI, ANTHROPIC, GOOGLE):
        made = compiled(parameters, target).parameters
        assert list(made["properties"]) == ["limit", "id", "name", "exact"]
        assert made["required"] == ["limit"]
        assert made["description"] == "Together: id or name (with exact if wanted)"


def test_recursion_is_kept_where_it_is_taken_and_else_unrolled() -> None:
    parameters = {
        "type": "object",
        "properties": {"tree": {"$ref": "#/$defs/Tree"}},
        "$defs": {"Tree": TREE},
    }
    for target in (OPENAI, ANTHROPIC, OPENAI_STRICT):
        made = compiled(parameters, target)
        assert list(made.parameters["$defs"]) == ["Tree"]
    made = compiled(parameters, GOOGLE)
    text = json.dumps(made.parameters)
    assert "$ref" not in text
    assert text.count('"children"') == 2
    assert any(loss.what.startswith("cut") for loss in made.losses)


def test_a_reference_that_leads_to_itself_means_anything() -> None:
    parameters = {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}}
    for target in TARGETS.values():
        assert compiled(parameters, target).refusal is None


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_is_huge_is_cut_to_what_a_model_can_read(target: Target) -> None:
    """A bomb of references, and an object as wide and deep as real APIs have them."""
    bomb: dict[str, Any] = {"L0": {"type": "string"}}
    for level in range(1, 40):
        twice = {side: {"$ref": f"#/$defs/L{level - 1}"} for side in "ab"}
        bomb[f"L{level}"] = {"type": "object", "properties": twice}
    wide: dict[str, Any] = {"type": "string", "description": "What it is, at length. " * 20}
    for _ in range(4):
        wide = {"type": "object", "properties": {f"part_{at}": wide for at in range(9)}}
    for parameters in (
        {"type": "object", "properties": {"it": {"$ref": "#/$defs/L39"}}, "$defs": bomb},
        wide,
    ):
        made = compiled(parameters, target)
        assert made.refusal is None
        assert len(json.dumps(made.parameters)) < LARGEST * 1.2
    assert made.losses


def test_strict_asks_for_all_and_takes_null_for_nothing() -> None:
    parameters = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["C", "F"]},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "near": {"$ref": "#/$defs/Place", "description": "Near it."},
        },
        "required": ["city"],
        "additionalProperties": False,
        "$defs": {
            "Place": {
                "type": "object",
                "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
                "additionalProperties": False,
            }
        },
    }
    made = compiled(parameters, OPENAI_STRICT)
    assert made.parameters["required"] == ["city", "unit", "labels", "near"]
    assert made.parameters["properties"]["unit"] == {
        "anyOf": [{"type": "string", "enum": ["C", "F"]}, {"type": "null"}]
    }
    given = {
        "city": "Rome",
        "unit": None,
        "labels": '{"a": "b"}',
        "near": {"x": 1, "y": None},
    }
    assert validator_for(dict(made.parameters), offline=True).is_valid(given)
    meant = {"city": "Rome", "labels": {"a": "b"}, "near": {"x": 1}}
    assert made.restore(given) == meant
    assert made.restore(made.express(meant)) == meant
    assert made.restore({"city": 5, "labels": "no JSON", "near": "there", "more": 1}) == {
        "city": 5,
        "labels": "no JSON",
        "near": "there",
        "more": 1,
    }


def test_strict_finds_the_branch_that_a_value_is_of() -> None:
    def event(kind: str, **properties: Any) -> dict[str, Any]:
        of_kind = {"kind": {"const": kind}, **properties}
        return {
            "type": "object",
            "properties": of_kind,
            "required": ["kind"],
            "additionalProperties": False,
        }

    text, data = {"type": "string"}, {"type": "object"}
    branches = [event("note", body=text), event("data", body=data)]
    parameters = {
        "type": "object",
        "properties": {"event": {"oneOf": branches, "discriminator": {"propertyName": "kind"}}},
        "required": ["event"],
        "additionalProperties": False,
    }
    made = compiled(parameters, OPENAI_STRICT)
    for meant in (
        {"event": {"kind": "note", "body": '{"a":1}'}},
        {"event": {"kind": "data", "body": {"a": 1}}},
        {"event": {"kind": "note"}},
    ):
        assert made.restore(made.express(meant)) == meant


def test_strict_does_not_take_parameters_of_any_name() -> None:
    refusal = compiled({"type": "object", "additionalProperties": True}, OPENAI_STRICT).refusal
    assert refusal is not None
    assert "names of their own" in refusal


def test_a_conversation_is_in_the_terms_of_the_provider() -> None:
    parameters = {"type": "object", "properties": {"ids[]": {"type": "array"}, "a": {}}}
    odd = ToolSpec("pets.list all", "List.", parameters, Effect.READ)
    lost = ToolSpec("lost", "Lose.", {"type": "string"}, Effect.READ)
    turns: list[Turn] = [
        UserTurn("List."),
        AssistantTurn("", [ToolUse("c1", odd.name, {"ids[]": [1]}), ToolUse("c2", "gone", {})]),
        ToolTurn("c1", odd.name, "[]"),
        ToolTurn("c2", "gone", ""),
    ]
    request = ModelRequest("m", turns, tools=[lost, odd])
    sent = for_provider(request, ANTHROPIC)
    name = compile_tool(odd, ANTHROPIC).name
    assert sent.tools == [odd]
    assert sent.turns[1:] == [
        AssistantTurn("", [ToolUse("c1", name, {"ids": [1]}), ToolUse("c2", "gone", {})]),
        ToolTurn("c1", name, "[]"),
        ToolTurn("c2", "gone", ""),
    ]
    for written, restored in [
        ('{"ids": [2], "a": 1e400}', '{"ids[]":[2],"a":Infinity}'),
        ('{"ids": [', '{"ids": ['),
        ("[1]", "[1]"),
        ("", "{}"),
    ]:
        call = from_provider(ToolRequest(name, written), request.tools, ANTHROPIC)
        assert call == ToolRequest(odd.name, restored)
    unknown = ToolRequest("unknown", "{}")
    assert from_provider(unknown, request.tools, ANTHROPIC) == unknown


def test_two_names_that_look_alike_stay_two() -> None:
    names = ["a", "$a", "@a", "a b", "a_b", "ids[]", "", "ü", "x" * 65, "x" * 66]
    parameters = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    for target in (ANTHROPIC, GOOGLE):
        made = compiled(parameters, target)
        assert len(made.parameters["properties"]) == len(names)
        arguments = {name: name for name in names}
        assert made.restore(made.express(arguments)) == arguments
        assert made.parameters["properties"]["ids"]["description"] == "Its own name is ids[]"

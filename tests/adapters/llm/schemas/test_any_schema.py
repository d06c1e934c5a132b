"""Any tool at all: what is sent is taken, and whatever could be asked for still can be."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema_rs import validator_for

from adapters.llm.openai.schema_rules import OPENAI_STRICT
from adapters.llm.schemas import Target, compile_tool
from adapters.llm.tool_schemas import schema_targets
from domain.tools.tool import Effect, ToolSpec
from tests.adapters.llm.schemas.random_schemas import fitting, tool_schemas
from tests.adapters.llm.schemas.rules import REFUSALS
from tests.support.hostile_schemas import MONSTERS

TARGETS = schema_targets()
OPEN = [target for target in TARGETS.values() if not target.strict]
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
often = settings(suppress_health_check=SLOW)


def tool(parameters: dict[str, Any], name: str = "look_up", description: str = "Look.") -> ToolSpec:
    return ToolSpec(name, description, parameters, Effect.READ)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@often
@given(schema=tool_schemas(), name=st.text(min_size=1, max_size=150))
def test_what_is_sent_is_taken(target: Target, schema: dict[str, Any], name: str) -> None:
    compiled = compile_tool(tool(schema, name, name * 20), target)
    if compiled.refusal is None:
        assert list(REFUSALS[target.name](compiled)) == []
    else:
        assert target.strict
    assert compiled == compile_tool(tool(schema, name, name * 20), target)


@pytest.mark.parametrize("target", OPEN, ids=lambda target: target.name)
@often
@given(schema=tool_schemas(), data=st.data())
def test_whatever_fits_can_be_asked_for(target: Target, schema: dict[str, Any], data: Any) -> None:
    own = validator_for(schema, offline=True)
    arguments = fitting(data.draw, schema, schema)
    assume(own.is_valid(arguments))
    compiled = compile_tool(tool(schema), target)
    sent = compiled.express(arguments)
    taken = validator_for(dict(compiled.parameters), offline=True)
    assert [error.message for error in taken.iter_errors(sent)] == []
    assert compiled.restore(sent) == arguments


@often
@given(schema=tool_schemas(closed=True), data=st.data())
def test_what_a_strict_schema_makes_of_it_is_undone(schema: dict[str, Any], data: Any) -> None:
    own = validator_for(schema, offline=True)
    compiled = compile_tool(tool(schema), OPENAI_STRICT)
    assume(compiled.refusal is None)
    arguments = fitting(data.draw, schema, schema)
    assume(own.is_valid(arguments))
    sent = compiled.express(arguments)
    taken = validator_for(dict(compiled.parameters), offline=True)
    assert [error.message for error in taken.iter_errors(sent)] == []
    assert [error.message for error in own.iter_errors(compiled.restore(sent))] == []


_KEYWORDS = st.sampled_from(
    [
        *("type", "properties", "required", "items", "prefixItems", "anyOf", "oneOf", "allOf"),
        *("not", "if", "then", "enum", "const", "$ref", "$defs", "additionalProperties", "pattern"),
        *("minimum", "maxLength", "description", "patternProperties", "contains", "default", "a"),
    ]
)
_JUNK = st.recursive(
    st.one_of(
        st.sampled_from(["object", "array", "string", "#", "#/$defs/a", "#/properties/a", "("]),
        *(st.none(), st.booleans(), st.integers(-3, 2**70), st.just(1e308)),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYWORDS, inner, max_size=4),
    max_leaves=25,
)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@often
@given(schema=st.dictionaries(_KEYWORDS, _JUNK, max_size=5))
def test_junk_is_refused_or_made_good(target: Target, schema: dict[str, Any]) -> None:
    compiled = compile_tool(tool(schema), target)
    if compiled.refusal is None:
        assert list(REFUSALS[target.name](compiled)) == []
        assert compiled.restore(compiled.express({"a": 1, "b": [None]})) is not None


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("schema", MONSTERS.values(), ids=MONSTERS)
def test_monsters_are_refused_or_made_good(target: Target, schema: dict[str, Any]) -> None:
    compiled = compile_tool(tool(schema, str(id(schema))), target)
    if compiled.refusal is None:
        assert list(REFUSALS[target.name](compiled)) == []

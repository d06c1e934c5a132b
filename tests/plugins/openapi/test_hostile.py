"""Documents made to harm: each is learned or refused, with the reason, and costs little."""

import json
from typing import Any

import pytest

from plugins.openapi.learning_process import learn_in_subprocess
from plugins.openapi.lowering import LoweredTool, Options, lower
from plugins.openapi.reading import DocumentRefused, ReadingLimits, Reason, read_document
from plugins.openapi.records import operation_from
from tests.plugins.openapi.usable import DOCUMENTS, api, made, require_usable, taking


def doubling(levels: int, keyword: str) -> dict[str, Any]:
    """Return definitions of which each holds the next twice."""

    def twice(at: int) -> Any:
        following = {"$ref": f"#/components/schemas/S{at + 1}"}
        if keyword == "properties":
            return {"type": "object", "properties": {"a": following, "b": following}}
        return {keyword: [following, {"properties": {f"p{at}": {}}}, following]}

    return {f"S{at}": twice(at) for at in range(levels)} | {f"S{levels}": {"type": "object"}}


@pytest.mark.parametrize("keyword", ["properties", "allOf", "anyOf", "oneOf"])
def test_a_bomb_of_references_does_not_go_off(keyword: str) -> None:
    tools, _ = made(taking({"$ref": "#/components/schemas/S0"}, **doubling(60, keyword)))
    assert set(tools) == {"POST /x"}


def test_a_chain_of_2000_references_is_followed() -> None:
    chain: dict[str, Any] = {
        f"S{n}": {"$ref": f"#/components/schemas/S{n + 1}"} for n in range(2_000)
    }
    tools, _ = made(taking({"$ref": "#/components/schemas/S0"}, **chain, S2000={"type": "integer"}))
    assert tools["POST /x"].spec.parameters["properties"]["body"] == {"type": "integer"}
    nested: dict[str, Any] = {
        f"S{n}": {
            "allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}, {"properties": {f"p{n}": {}}}]
        }
        for n in range(2_000)
    }
    made(taking({"$ref": "#/components/schemas/S0"}, **nested, S2000={}))


def test_schemas_nested_without_end_are_cut() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(150):
        schema = {"type": "array", "items": schema}
    tools, _ = made(taking(schema))
    assert "Some of the schema is nested too deep to be shown." in tools["POST /x"].notes


@pytest.mark.parametrize(
    "limits",
    [ReadingLimits(work=1_000), ReadingLimits(seconds=0)],
    ids=["too much work", "too long"],
)
def test_work_and_time_end(limits: ReadingLimits) -> None:
    wide = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(2_000)}}
    document = read_document(json.dumps(taking(wide)).encode(), source="", limits=limits)
    with pytest.raises(DocumentRefused) as refused:
        list(lower(document))
    assert refused.value.reason in (Reason.TOO_MUCH_WORK, Reason.TOO_LONG)


@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: x", "\x00", "__proto__", "../../x", "{", "'; DROP TABLE", "a" * 500]
)
def test_odd_names_become_harmless_ones(name: str) -> None:
    parameters = [{"name": name, "in": place} for place in ("query", "header", "cookie")]
    tree = api({"operationId": name, "parameters": parameters})
    tools, _ = made(tree)
    (tool,) = tools.values()
    assert {each.name for each in tool.operation.parameters} == {name.strip()}


# In a process of its own


async def test_a_document_is_learned_in_another_process() -> None:
    data = (DOCUMENTS / "things-3.0.yaml").read_bytes()
    document = read_document(data, source="https://example.com/things.yaml")
    options = Options(prefix="t_")
    learned = await learn_in_subprocess(data, source=document.source, options=options)
    assert (learned.title, learned.version) == ("Things", "3.0.3")
    assert learned.servers == document.servers
    assert learned.security_schemes == document.security_schemes
    lowered = [each for each in lower(document, options) if isinstance(each, LoweredTool)]
    assert [tool.spec for tool in learned.tools] == [tool.spec for tool in lowered]
    calls = [operation_from(json.loads(tool.call)) for tool in learned.tools]
    assert calls == [tool.operation for tool in lowered]
    assert learned.skipped == []
    require_usable(lowered)


@pytest.mark.parametrize(
    ("data", "limits", "reason"),
    [
        (b"a: b: c", ReadingLimits(), Reason.NOT_READABLE),
        (b"openapi: 3.0.0\npaths: {/x: {get: {}}}", ReadingLimits(operations=0), Reason.TOO_LARGE),
    ],
)
async def test_what_is_refused_there_is_refused_here(
    data: bytes, limits: ReadingLimits, reason: Reason
) -> None:
    with pytest.raises(DocumentRefused) as refused:
        await learn_in_subprocess(data, source="", limits=limits)
    assert refused.value.reason is reason


async def test_memory_ends_there_and_not_here() -> None:
    data = b'{"a": [' + b"{}," * 1_500_000 + b"{}]}"
    with pytest.raises(DocumentRefused) as refused:
        await learn_in_subprocess(data, source="", megabytes=120)
    # The library that reads JSON may end the process instead of telling it.
    assert refused.value.reason in (Reason.TOO_LARGE, Reason.READER_FAILED)

"""An oracle: what a real document allows, its tools take, with nothing refused.

An independent library says what the documents allow (`tests/plugins/openapi/allowed.py`); the same
of the requests that tools make is the other direction (`benchmarks/calls.py`).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from domain.shared.errors import InvalidArguments
from plugins.authoring.argument_schema import ArgumentSchema
from plugins.openapi.lowering import LoweredTool, lower
from plugins.openapi.reading import read_document
from plugins.openapi.wire.media_types import preferred
from tests.plugins.openapi.allowed import Original, Pointer, allowed, load

SPECS: Final = Path(__file__).parents[4] / "shared" / "specs"
FOUND: Final = SPECS.iterdir() if SPECS.is_dir() else ()
DOCUMENTS: Final = sorted(path for path in FOUND if path.suffix in (".json", ".yaml", ".yml"))


@pytest.mark.long
@pytest.mark.skipif(not DOCUMENTS, reason="the real documents are not there")
@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.name for path in DOCUMENTS])
def test_a_tool_takes_all_that_its_document_allows(path: Path) -> None:
    assert list(refused(path.read_bytes(), path.name)) == []


def test_the_oracle_sees_what_is_refused() -> None:
    size = {"type": "string", "pattern": "^[a-z]$", "enum": ["a", "b"]}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {}}}}}
    operation = {"parameters": [{"name": "size", "in": "query", "schema": size}]}
    document = {"openapi": "3.1.0", "paths": {"/x": {"post": {**operation, "requestBody": body}}}}
    assert list(refused(json.dumps(document).encode(), "x.json")) == []
    (tool,) = (each for each in lower(read_document(json.dumps(document).encode(), source="")))
    assert isinstance(tool, LoweredTool)
    document["paths"]["/x"]["post"]["parameters"][0]["schema"] = {"enum": ["c"]}  # type: ignore[index]
    original = Original(document)
    assert list(refused_by(tool, original)) != []


def refused(data: bytes, name: str) -> Iterator[str]:
    """Yield what a document allows, and a tool of it refuses."""
    original = Original(load(data), nullable=True)
    for tool in lower(read_document(data, source=name)):
        if isinstance(tool, LoweredTool):
            yield from refused_by(tool, original)


def refused_by(tool: LoweredTool, original: Original) -> Iterator[str]:
    """Yield what a tool refuses of what the document allows for its operation."""
    shown = tool.spec.parameters
    for argument, place in places(tool, original):
        properties = {argument: shown["properties"][argument]}
        checker = ArgumentSchema({**shown, "properties": properties, "required": []})
        for value in allowed(original, place, f"{tool.operation.name} {argument}"):
            try:
                checker.check({argument: value})
            except InvalidArguments as error:
                yield f"{tool.operation.name} {json.dumps({argument: value})}: {error.message}"


def places(tool: LoweredTool, original: Original) -> Iterator[tuple[str, Pointer]]:
    """Yield the arguments of a tool, each with the place of its schema in the document."""
    operation = tool.operation
    item_place, item = original.followed(("paths", operation.path))
    method = next((key for key in item if key.upper() == operation.method), None)
    if method is None:
        return
    place = (*item_place, method)
    declared = original.declared(place)
    for one in operation.parameters:
        for each in declared:
            is_it = (each.name, each.where) == (one.name, one.place)
            if is_it and one.argument and "content" not in each.raw:
                schema = ("schema",) if "schema" in each.raw else ()
                yield one.argument, (*each.place, *schema)
    if operation.body is None:
        return
    if "requestBody" not in original.at(place):
        whole = [each for each in declared if each.where == "body"]
        yield from ((operation.body.argument, (*each.place, "schema")) for each in whole)
        return
    at, body = original.followed((*place, "requestBody"))
    media_type = preferred(operation.body.contents).media_type
    if "schema" in body.get("content", {}).get(media_type, {}):
        yield operation.body.argument, (*at, "content", media_type, "schema")

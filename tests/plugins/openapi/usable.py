"""What makes a tool usable, whatever document it comes from."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

from plugins.openapi.lowering import LoweredTool, Options, lower
from plugins.openapi.operation import Operation, ParameterLocation
from plugins.openapi.reading import OpenApiDocument, Skipped, read_document
from plugins.openapi.reading.values import to_json
from plugins.openapi.records import (
    operation_from,
    tool_from,
    tool_record,
)

DOCUMENTS = Path(__file__).parent / "documents"
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")


def document(name: str) -> OpenApiDocument:
    """Read one of the documents beside this file."""
    return read_document((DOCUMENTS / name).read_bytes(), source=name)


def made(tree: Any, **options: Any) -> tuple[dict[str, LoweredTool], list[Skipped]]:
    """Return the tools of a document, by operation, and what was skipped; all are usable."""
    read = (
        tree
        if isinstance(tree, OpenApiDocument)
        else read_document(json.dumps(tree).encode(), source="")
    )
    found = list(lower(read, Options(**options)))
    tools = [each for each in found if not isinstance(each, Skipped)]
    require_usable(tools)
    return (
        {tool.operation.name: tool for tool in tools},
        [each for each in found if isinstance(each, Skipped)],
    )


def require_usable(tools: Iterable[LoweredTool], most: int = 16_384) -> None:
    """Fail unless every tool can be shown to any model, and called."""
    names = [tool.spec.name for tool in tools]
    assert len(set(names)) == len(names)
    for tool in tools:
        schema = dict(tool.spec.parameters)
        assert NAME.fullmatch(tool.spec.name)
        assert schema["type"] == "object"
        jsonschema_rs.meta.validate(schema)
        jsonschema_rs.Draft202012Validator(schema)  # compiles the patterns, too
        assert set(references(schema)) == {f"#/$defs/{name}" for name in schema.get("$defs", {})}
        assert all(map(NAME.fullmatch, schema["properties"]))
        require_ends(schema.get("$defs", {}))
        assert set(path_arguments(tool.operation)) <= set(schema.get("required", ()))
        assert set(schema.get("required", ())) <= set(schema["properties"])
        shown = {"name": tool.spec.name, "description": tool.spec.description, "parameters": schema}
        assert len(json.dumps(shown)) <= most
        kept = tool_from(json.loads(to_json(tool_record(tool))))
        assert kept.spec == tool.spec
        assert (kept.parameters if kept.whole else None) == tool.whole
        if tool.whole is not None:
            jsonschema_rs.Draft202012Validator(tool.whole)
        assert operation_from(json.loads(kept.call)) == tool.operation


def require_ends(definitions: Mapping[str, Any]) -> None:
    """Fail if definitions are made of each other in the same place: a check would never end."""
    made_of = {name: set(same_place(schema)) for name, schema in definitions.items()}
    while made_of:
        ended = {name for name, others in made_of.items() if not others & made_of.keys()}
        assert ended, f"{sorted(made_of)} are made of each other"
        made_of = {name: others for name, others in made_of.items() if name not in ended}


def same_place(schema: Any) -> Iterator[str]:
    """Yield the definitions that a schema refers to, but for those of values in the value."""
    if "$ref" in schema:
        yield schema["$ref"].removeprefix("#/$defs/")
    for keyword in ("anyOf", "allOf"):
        for part in schema.get(keyword, ()):
            yield from same_place(part)


def path_arguments(operation: Operation) -> Iterator[str]:
    """Yield the arguments of the path; there is one for each template before the query.

    Those that are the operator's keys are no argument that a model gives.
    """
    path = re.sub(r"\{[?&][^{}/]+\}", "", operation.path)
    templates = set(re.findall(r"\{([^{}/]+)\}", re.split("[?#]", path)[0]))
    of_path = [each for each in operation.parameters if each.place is ParameterLocation.PATH]
    assert {each.name for each in of_path} == templates
    keys = {each.argument for each in operation.schemes.values()}
    yield from (each.argument for each in of_path if each.argument not in keys)


def references(schema: Any) -> Iterator[str]:
    """Yield all references."""
    match schema:
        case dict():
            for key, value in schema.items():
                if key == "$ref" and isinstance(value, str):
                    yield value
                else:
                    yield from references(value)
        case list():
            for value in schema:
                yield from references(value)


def api(operation: Any, path: str = "/x", method: str = "post", **more: Any) -> dict[str, Any]:
    """Return a document with one operation."""
    info = {"title": "t", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": {path: {method: operation}}, **more}


def taking(schema: Any, **schemas: Any) -> dict[str, Any]:
    """Return a document with one operation whose body has that schema."""
    body = {"content": {"application/json": {"schema": schema}}}
    return api({"requestBody": body}, components={"schemas": schemas})


def body_of(schema: Any, version: str = "3.1.0", **schemas: Any) -> dict[str, Any]:
    """Return what becomes of the schema of a body; definitions stand in it as ``$defs``."""
    tools, _ = made({**taking(schema, **schemas), "openapi": version})
    parameters = tools["POST /x"].spec.parameters
    definitions = {"$defs": parameters["$defs"]} if "$defs" in parameters else {}
    return {**parameters["properties"]["body"], **definitions}

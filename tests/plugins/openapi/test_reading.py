"""Documents of all versions: what their operations are, and which are skipped, and why."""

from typing import Any

import pytest

from domain.tools.tool import Effect
from plugins.openapi.operation import ApiServer, Operation, ParameterLocation, SecurityScheme
from plugins.openapi.reading import DocumentRefused, ReadingLimits, Reason, Skipped, read_document
from tests.plugins.openapi.usable import DOCUMENTS, api, document, made, taking

EVERYTHING = sorted(path.name for path in DOCUMENTS.iterdir())


def operations(name: str) -> dict[str, Operation]:
    found = document(name).operations()
    return {each.name: each for each in found if isinstance(each, Operation)}


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_document_gives_usable_tools(name: str) -> None:
    tools, _ = made(document(name))
    assert tools


def test_swagger_2_is_told_in_the_words_of_openapi_3() -> None:
    found = operations("pets-2.0.yaml")
    listing = {each.name: each for each in found["GET /pets"].parameters}
    assert [(each.style, each.explode) for each in listing.values()][:3] == [
        ("pipeDelimited", False),
        ("form", True),
        ("form", False),
    ]
    assert listing["limit"].schema == {
        "type": "integer",
        "default": "20",
        "maximum": 100,
        "exclusiveMaximum": True,
    }
    assert found["GET /pets"].servers == [
        ApiServer("https://pets.example.com/v2"),
        ApiServer("http://pets.example.com/v2"),
    ]
    assert found["DELETE /pets/{petId}"].servers == [ApiServer("https://pets.example.com/v2")]
    assert found["DELETE /pets/{petId}"].security == []
    assert found["GET /pets"].security == [{"key": []}]
    assert found["GET /pets"].schemes == {
        "key": SecurityScheme("apiKey", name="api_key", place=ParameterLocation.QUERY)
    }
    new, photo = found["POST /pets"].body, found["POST /pets/{petId}/photo"].body
    assert new is not None
    assert new.required
    assert new.description == "The new pet"
    assert [content.media_type for content in new.contents] == ["application/json"]
    assert photo is not None
    assert photo.required
    assert photo.contents[0].media_type == "multipart/form-data"
    assert photo.contents[0].schema["required"] == ["photo"]
    assert photo.contents[0].encoding == {"labels": {"style": "spaceDelimited", "explode": False}}


def test_what_stands_nearer_counts_more() -> None:
    found = operations("things-3.0.yaml")
    get, put = found["GET /things/{id}"], found["PUT /things/{id}"]
    assert [server.url for server in get.servers] == ["/elsewhere"]
    assert [server.url for server in put.servers] == ["https://upload.example.com"]
    assert found["POST /animals"].servers == [
        ApiServer("https://{region}.example.com/api", {"region": "eu"})
    ]
    verbose = [each.schema for each in get.parameters if each.name == "verbose"]
    assert verbose == [{"type": "string"}]
    assert get.summary == "One thing"
    assert get.deprecated
    assert get.tags == ["things"]
    assert get.schemes["oauth"].token_url == "https://example.com/token"
    filtering = next(each for each in get.parameters if each.name == "filter")
    assert filtering.media_type == "application/json"


def test_methods_that_came_later_are_known() -> None:
    tools, skipped = made(document("methods-3.2.yaml"))
    assert {name: tool.spec.effect for name, tool in tools.items()} == {
        "QUERY /items": Effect.READ,
        "COPY /items": Effect.WRITE,
        "PURGE /items": Effect.DESTRUCTIVE,
        "GET /items": Effect.READ,
    }
    assert [(each.operation, each.reason) for each in skipped] == [
        ("BAD METHOD /items", Reason.UNKNOWN_METHOD)
    ]
    places = [each.place for each in tools["GET /items"].operation.parameters]
    assert places == [ParameterLocation.QUERYSTRING, ParameterLocation.QUERY]


def test_dirt_costs_no_more_than_what_is_dirty() -> None:
    tools, skipped = made(document("dirty.yaml"))
    assert [(each.operation, each.reason, each.pointer) for each in skipped] == [
        ("* /list", Reason.INVALID, "/paths/~1list"),
        ("GET " + _UNDESCRIBED, Reason.INVALID, _POINTER + "/get"),
        ("PUT " + _UNDESCRIBED, Reason.INVALID, _POINTER + "/put"),
    ]
    odd = tools["GET " + _UNDESCRIBED]
    assert odd.spec.name == "get_404"
    assert odd.spec.parameters["properties"] == {
        "a_b": {"type": "string"},
        "Case-Id": {"type": "integer"},
        "lost": {"type": "string"},
        "wide": {"type": "string", "enum": ["1", "2", "yes"]},
    }
    assert odd.spec.parameters["required"] == ["a_b", "Case-Id", "wide"]
    assert len(odd.notes) == 3
    assert odd.operation.servers == [ApiServer("https://dirty.example.com/")]
    body = tools["POST /bodies"].spec.parameters["properties"]["body"]
    assert body["required"] == ["a", "misspelt"]  # what is required is required, declared or not
    assert body["properties"] == {
        "misspelt": {"description": "It is not described in the API's document."},
        "a": {"type": "string", "maxLength": 5, "description": "Pattern: (?<year>[0-9"},
        "b": {"type": "integer", "default": 7},
        "c": {"description": "It is not described in the API's document."},
        "d": {},
        "e": {},
        "f": {"type": "array", "prefixItems": [{"type": "string"}]},
        "g": {"type": "boolean", "default": True},
        "h": {},
        "i": {"enum": [1]},
        "j": {"type": "string", "format": "5", "pattern": "^a+$", "default": "2019-01-01"},
        "k": {"$ref": "#/$defs/Bare"},
        "l": {"$ref": "#/$defs/Bare"},
        "m": {"type": "integer", "enum": [1, 2]},
        "n": {},
    }


_UNDESCRIBED = "/undescribed/{a.b}/{Case-Id}"
_POINTER = "/paths/~1undescribed~1{a.b}~1{Case-Id}"


def test_what_lies_outside_is_skipped_or_left_open_and_never_fetched() -> None:
    tools, skipped = made(document("outside.yaml"))
    assert {each.operation for each in skipped} == {"* /path", "POST /body"}
    assert {each.reason for each in skipped} == {Reason.OUTSIDE_REFERENCE}
    assert "file:///etc/passwd" in tools["GET /parameter"].notes[0]
    assert "own" in tools["GET /own"].spec.parameters["properties"]
    body = tools["POST /schema"].spec.parameters["properties"]["body"]
    assert body["properties"]["far"] == {
        "description": "From afar. It is not described in the API's document."
    }
    assert "../common.yaml#/Far" in tools["POST /schema"].notes[0]


@pytest.mark.parametrize(
    ("tree", "version"),
    [
        ("swagger: 2.0\npaths: {}", "2.0"),
        ("swagger: '2.0'\npaths: {}", "2.0"),
        ("openapi: 3\ninfo: {}", "3"),
        ("openapi: v3.1.0\nwebhooks: {}", "3.1.0"),
        ("paths: {}\ncomponents: {}", "3.0"),
        ("paths: {}\nswagger: 1.0", "2.0"),
    ],
)
def test_versions_are_recognised(tree: str, version: str) -> None:
    assert read_document(tree.encode(), source="").version == version


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ("openapi: 4.0.0\npaths: {}", Reason.UNKNOWN_VERSION),
        ("swaggerVersion: '1.2'\napis: []", Reason.UNKNOWN_VERSION),
        ("asyncapi: 2.0.0\nchannels: {}", Reason.NOT_OPENAPI),
        ("openapi: 3.0.0", Reason.NOT_OPENAPI),
    ],
)
def test_other_documents_are_refused(tree: str, reason: Reason) -> None:
    with pytest.raises(DocumentRefused) as refused:
        read_document(tree.encode(), source="")
    assert refused.value.reason is reason


def test_paths_that_are_a_list_are_refused_and_named() -> None:
    with pytest.raises(DocumentRefused, match="paths are a list") as refused:
        read_document(b'{"openapi": "3.0.3", "paths": [{"path": "/x", "get": {}}]}', source="")
    assert refused.value.pointer == "/paths"


@pytest.mark.parametrize(
    ("tree", "source", "url"),
    [
        ({"swagger": "2.0"}, "", "/"),
        ({"host": "h.example", "basePath": "v1/"}, "", "https://h.example/v1"),
        ({"host": "h.example"}, "http://h.example/spec", "http://h.example"),
        ({"host": "h.example", "schemes": ["ws", "http"]}, "", "http://h.example"),
        ({"host": "http://h.example/"}, "", "http://h.example"),
        ({"servers": []}, "", "/"),
        ({"servers": [{"url": " /v2 "}]}, "", "/v2"),
        ({"servers": {"url": "https://one.example"}}, "", "https://one.example"),
    ],
)
def test_servers(tree: dict[str, Any], source: str, url: str) -> None:
    found = read_document(str({"openapi": "3.0.0", "paths": {}, **tree}).encode(), source=source)
    assert found.servers[0].url == url


def test_parameters_of_a_path_that_is_referred_to() -> None:
    item = {"parameters": [{"name": "q", "in": "query", "schema": {}}], "get": {"summary": "One"}}
    tree = {
        "openapi": "3.1.0",
        "paths": {
            "/a": {"$ref": "#/components/pathItems/A", "post": {}},
            "/b": {"$ref": "#/paths/~1a"},
        },
        "components": {"pathItems": {"A": item}},
    }
    tools, skipped = made(tree)
    assert set(tools) == {"GET /a", "POST /a", "GET /b", "POST /b"}
    assert all("q" in tool.spec.parameters["properties"] for tool in tools.values())
    assert not skipped


def test_paths_that_lie_outside_as_a_whole_are_told() -> None:
    tools, skipped = made({"openapi": "3.1.0", "paths": {"$ref": "paths.yaml"}})
    assert not tools
    assert skipped == [
        Skipped(
            operation="* *",
            reason=Reason.OUTSIDE_REFERENCE,
            pointer="/paths",
            message="The reference 'paths.yaml' leads outside of the document.",
        )
    ]


def test_more_operations_than_allowed_are_refused() -> None:
    data = str(api({}, paths={f"/{n}": {"get": {}} for n in range(3)})).encode()
    found = read_document(data, source="", limits=ReadingLimits(operations=2))
    with pytest.raises(DocumentRefused, match="more than 2 operations"):
        list(found.operations())


def test_an_operation_that_is_a_reference_is_followed() -> None:
    add = {"operationId": "addBox", **taking({"required": ["width"]})["paths"]["/x"]["post"]}
    tree = {
        "openapi": "3.0.3",
        "paths": {
            "/boxes": {"post": {"$ref": "#/x-operations/addBox", "summary": "Mine"}},
            "/lids": {"post": {"$ref": "operations/add_lid.yaml"}},
            "/nowhere": {"post": {"$ref": "#/x-operations/none"}},
            "/round": {"post": {"$ref": "#/x-operations/round"}},
            "/other": {"post": {"$ref": "#/info"}},
        },
        "info": {"title": "Shelf", "version": "1"},
        "x-operations": {"addBox": add, "round": {"$ref": "#/x-operations/round"}},
    }
    tools, skipped = made(tree)
    assert list(tools) == ["POST /boxes"]
    tool = tools["POST /boxes"]
    assert tool.spec.name == "addBox"
    assert tool.spec.description.startswith("Mine")
    assert "body" in tool.spec.parameters["properties"]
    assert {each.operation: each.reason.value for each in skipped} == {
        "POST /lids": "outside_reference",
        "POST /nowhere": "dangling_reference",
        "POST /round": "circular_reference",
        "POST /other": "invalid",
    }

"""References that lead outside: followed to the hosts of a list, and nowhere else."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.http.client import GuardedWeb
from adapters.http.guard.reference_guard import ReferenceGuard
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from domain.learning.api.version import ApiVersion
from domain.shared.errors import WebError
from domain.web.open_hosts import read_open_hosts
from plugins.openapi.reader import ProcessReader
from plugins.openapi.reading import DocumentRefused, Fetched, ReadingLimits, read_document
from tests.adapters.http.conftest import Names
from tests.plugins.openapi.usable import made
from tests.support.web_server import Reply, Seen, WebServer

BASE = "http://specs.example:{port}/v1/openapi.yaml"
MAIN = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
servers: [{url: "https://pets.example"}]
paths:
  /pets: {$ref: paths/pets.yaml}
  /owners:
    get: {parameters: [{$ref: "common.json#/parameters/limit"}]}
components:
  schemas:
    Kind: {type: string, enum: [cat, dog]}
"""
FILES = {
    "/v1/paths/pets.yaml": """
post:
  operationId: addPet
  parameters: [{$ref: "../common.json#/parameters/limit"}]
  requestBody:
    required: true
    content: {application/json: {schema: {$ref: ../schemas/Pet.json}}}
""",
    "/v1/common.json": """{"parameters": {"limit": {
        "name": "limit", "in": "query", "schema": {"$ref": "#/schemas/small"}
    }}, "schemas": {"small": {"type": "integer", "maximum": 9}}}""",
    "/v1/schemas/Pet.json": """{"type": "object", "properties": {
        "kind": {"$ref": "../openapi.yaml#/components/schemas/Kind"},
        "owner": {"$ref": "people.json#/definitions/Owner"},
        "friend": {"$ref": "#"},
        "food": {"$ref": "http://foods.example/food.json"},
        "toy": {"$ref": "people.json#toy"}
    }}""",
    "/v1/schemas/people.json": """{"definitions": {
        "Owner": {"type": "object", "properties": {
            "pets": {"type": "array", "items": {"$ref": "Pet.json"}},
            "home": {"$ref": "https://ids.example/home#/$defs/street"}
        }},
        "Home": {"$id": "https://ids.example/home", "$defs": {
            "street": {"type": "string", "maxLength": 40}
        }},
        "Toy": {"$anchor": "toy", "type": "object", "properties": {"of": {"$ref": "#toy"}}}
    }}""",
}


class Specs:
    """A server of documents, under every name that ends with ``.example``."""

    def __init__(self, files: Mapping[str, str | Reply]) -> None:
        self.files = dict(files)

    def __call__(self, seen: Seen) -> Reply:
        found = self.files.get(seen.target, Reply(404))
        return found if isinstance(found, Reply) else Reply(body=found.encode())


@asynccontextmanager
async def reading(
    files: Mapping[str, str | Reply], *listed: str
) -> AsyncIterator[tuple[WebServer, ProcessReader]]:
    """Serve documents, and give a reader that may go to the hosts of a list."""
    names = Names({name: [["127.0.0.1"]] for name in ("specs.example", "other.example")})
    opened = read_open_hosts(["127.0.0.0/8"])
    transport = GuardedTransport(SsrfGuard(opened, look_up=names.look_up))
    web = GuardedWeb(ReferenceGuard(opened, read_open_hosts(listed)), transport)
    async with WebServer(Specs(files)) as server:
        try:
            yield server, ProcessReader(1_000_000, web)
        finally:
            await web.close()


async def read(reader: ProcessReader, server: WebServer, main: str = MAIN) -> ApiVersion:
    return await reader.read(main.encode(), BASE.format(port=server.port), {})


async def test_an_operation_in_a_file_of_its_own_is_followed() -> None:
    lid = """{"operationId": "addLid", "responses": {}, "parameters": [
        {"$ref": "../common.json#/parameters/limit"}
    ]}"""
    files = {"/v1/operations/lid.json": lid, "/v1/common.json": FILES["/v1/common.json"]}
    main = """{"openapi": "3.0.3", "servers": [{"url": "https://pets.example"}], "paths": {
        "/lids": {"post": {"$ref": "operations/lid.json"}},
        "/caps": {"post": {"$ref": "http://other.example/cap.json"}}
    }}"""
    async with reading(files, "specs.example") as (server, reader):
        version = await read(reader, server, main)
    (tool,) = version.tools
    assert tool.spec.name == "addLid"
    assert list(tool.spec.parameters["properties"]) == ["limit"]
    (skipped,) = version.skipped
    assert skipped.reason == "outside_reference"
    assert "may not refer to other.example" in skipped.message


async def test_documents_of_a_listed_host_are_followed() -> None:
    async with reading(FILES, "*.specs.example", "specs.example") as (server, reader):
        version = await read(reader, server)
        tools = {tool.operation: tool for tool in version.tools}
        limit = {"type": "integer", "maximum": 9}
        assert version.skipped == ()
        assert tools["GET /owners"].spec.parameters["properties"] == {"limit": limit}
        add = tools["POST /pets"]
        assert add.spec.name == "addPet"
        assert add.spec.parameters["properties"]["limit"] == limit
        shown: Any = add.spec.parameters["$defs"]
        (pet,) = [name for name in shown if name.startswith("Pet_")]
        (owner,) = [name for name in shown if name.startswith("Owner_")]
        (toy,) = [name for name in shown if name.startswith("Toy_")]
        assert shown[pet]["properties"] == {
            "kind": {"type": "string", "enum": ["cat", "dog"]},
            "owner": {"$ref": f"#/$defs/{owner}"},
            "friend": {"$ref": f"#/$defs/{pet}"},
            "food": {"description": "It is not described in the API's document."},
            "toy": {"$ref": f"#/$defs/{toy}"},
        }
        assert shown[owner]["properties"] == {
            "pets": {"type": "array", "items": {"$ref": f"#/$defs/{pet}"}},
            "home": {"type": "string", "maxLength": 40},
        }
        assert shown[toy]["properties"] == {"of": {"$ref": f"#/$defs/{toy}"}}
        assert "may not refer to foods.example" in " ".join(add.notes)
        assert sorted(seen.target for seen in server.seen) == sorted(FILES)  # each once

        changed = FILES["/v1/common.json"].replace("9", "8")
        server.reply = Specs({**FILES, "/v1/common.json": changed})
        assert (await read(reader, server)).digest != version.digest


async def test_documents_of_other_hosts_are_not_asked_for() -> None:
    main = MAIN.replace("common.json", "http://specs.example/common.json")
    async with reading(FILES, "other.example", "specs.example:81") as (server, reader):
        version = await read(reader, server, main)
        (skipped,) = version.skipped
        assert (skipped.operation, skipped.reason) == ("* /pets", "outside_reference")
        assert skipped.pointer == "/paths/~1pets"
        assert skipped.message == (
            "The reference 'paths/pets.yaml' leads outside of the document. Documents may not "
            f"refer to specs.example:{server.port}. An operator allows that by adding it to "
            "PUERTO_REFERENCE_HOSTS."
        )
        assert server.seen == []


@pytest.mark.parametrize(
    ("to", "targets", "words"),
    [
        ("http://other.example:{port}/x/pets.yaml", [], "may not refer to other.example"),
        ("file:///etc/passwd", [], "must begin with http"),
        ("/x/pets.yaml", ["/x/pets.yaml", "/x/limit.json"], ""),
    ],
)
async def test_each_redirect_is_checked(to: str, targets: list[str], words: str) -> None:
    limit = '{"name": "limit", "in": "query"}'
    pets = "get: {parameters: [{$ref: limit.json}]}"
    files: dict[str, str | Reply] = {"/x/pets.yaml": pets, "/x/limit.json": limit}
    async with reading(files, "specs.example") as (server, reader):
        location = {"Location": to.format(port=server.port)}
        server.reply = Specs({**files, "/v1/paths/pets.yaml": Reply(302, location)})
        version = await read(reader, server)
        seen = [seen.target for seen in server.seen if "common" not in seen.target]
        assert seen == ["/v1/paths/pets.yaml", *targets]
        assert [words in each.message for each in version.skipped] == ([True] if words else [])


# Without a network


class Library:
    """Has documents, and counts what it is asked for."""

    def __init__(self, files: Mapping[str, Any]) -> None:
        self.files = files
        self.asked: list[str] = []

    def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        if url not in self.files:
            raise WebError("It is not there.")
        return Fetched(url, json.dumps(self.files[url]).encode())


def learned(library: Library, paths: Any, source: str = "", **limits: Any) -> Any:
    tree = {"openapi": "3.1.0", "paths": paths}
    document = read_document(
        json.dumps(tree).encode(),
        source=source,
        limits=ReadingLimits(**limits),
        fetch=library.fetch,
    )
    return made(document)


@pytest.mark.parametrize(
    ("reference", "source"),
    [
        ("file:///etc/passwd", ""),
        ("file:///etc/passwd", "http://specs.example/a.yaml"),
        ("python://os.environ", "http://specs.example/a.yaml"),
        ("ftp://specs.example/b.yaml", "http://specs.example/a.yaml"),
        ("/etc/passwd", ""),
        ("b.yaml#/x", ""),
        ("//specs.example/b.yaml", ""),
        ("b.yaml", "a.yaml"),
        ("../b.yaml", "/etc/puerto/a.yaml"),
        ("b.yaml", "file:///etc/puerto/a.yaml"),
        ("urn:pets:b", "http://specs.example/a.yaml"),
    ],
)
def test_nothing_but_the_web_is_asked_for(reference: str, source: str) -> None:
    library = Library({})
    _, (skipped,) = learned(library, {"/x": {"$ref": reference}}, source)
    assert library.asked == []
    assert skipped.reason == "outside_reference"
    assert skipped.message.endswith("leads outside of the document.")


def test_what_is_not_there_is_asked_for_once() -> None:
    library = Library({"http://a.example/list": [], "http://a.example/self": {"$ref": "self#/x"}})
    paths = {
        "/a": {"$ref": "http://a.example/none"},
        "/b": {"$ref": "http://a.example/none#/x"},
        "/c": {"$ref": "http://a.example/list"},
        "/d": {"$ref": "http://a.example/self#/x"},
        "/e": {"$ref": "http://a.example/self#x"},
    }
    _, skipped = learned(library, paths)
    assert library.asked == [f"http://a.example/{name}" for name in ("none", "list", "self")]
    assert [each.reason for each in skipped] == [
        *["outside_reference"] * 3,
        *["dangling_reference"] * 2,
    ]
    assert [each.message.rpartition("document. ")[2] for each in skipped[:3]] == [
        "It is not there.",
        "It is not there.",
        "The document is not an object.",
    ]


def test_references_in_the_way_of_themselves_end() -> None:
    """Each is looked for at the top and, which is the same place, in what has an ``$id``."""
    named = {"$id": "http://a.example/x", "$ref": "http://a.example/x#/get"}
    ways = {f"a{n}": {"$ref": f"#/x-ways/a{n + 1}/get"} for n in range(60)}
    paths = {"/x": named, "/y": {"$ref": "#/x-ways/a0/get"}}
    tree = {"openapi": "3.1.0", "$id": "http://a.example/y", "paths": paths, "x-ways": ways}
    _, skipped = made(read_document(json.dumps(tree).encode(), source=""))
    assert [each.reason for each in skipped] == ["dangling_reference"] * 2


def bomb(kind: str) -> Library:
    """Return 1,000 documents that refer to one another."""
    urls = [f"http://a.example/{number}" for number in range(1_000)]
    files: dict[str, Any] = {}
    # One object for all of them: a million would stay in the process for as long as it lives.
    everything = {"properties": {f"p{number}": {"$ref": url} for number, url in enumerate(urls)}}
    for number, url in enumerate(urls):
        match kind:
            case "chain":
                files[url] = {"$ref": str(number + 1)}
            case "tree":
                parts = [{"$ref": str(number * 2 + 1)}, {"$ref": str(number * 2 + 2)}]
                files[url] = {"allOf": parts}
            case _:
                files[url] = everything
    return Library(files)


@pytest.mark.parametrize("kind", ["chain", "tree", "each to all"])
def test_a_bomb_of_1000_documents_does_not_go_off(kind: str) -> None:
    library = bomb(kind)
    body = {"content": {"application/json": {"schema": {"$ref": "http://a.example/0"}}}}
    tools, _ = learned(library, {"/x": {"post": {"requestBody": body}}}, documents=50)
    assert len(library.asked) == 50
    assert any("More than 50" in note for note in tools["POST /x"].notes)


def test_what_is_fetched_counts_as_read() -> None:
    library = Library({f"http://a.example/{n}": {"get": {"summary": "a" * 600}} for n in range(3)})
    paths = {f"/{n}": {"$ref": f"http://a.example/{n}"} for n in range(3)}
    tools, (skipped,) = learned(library, paths, size=1_600)
    assert set(tools) == {"GET /0", "GET /1"}
    assert "are allowed" in skipped.message
    with pytest.raises(DocumentRefused, match="seconds"):
        learned(library, paths, seconds=0)


def test_a_discriminator_maps_within_its_own_document() -> None:
    schemas = {
        "Pet": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "dog.json"}],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"meow": "Cat", "woof": "dog.json"},
            },
        },
        "Cat": {"type": "object", "properties": {"lives": {"type": "integer"}}},
    }
    library = Library(
        {
            "http://a.example/pets.json": {"components": {"schemas": schemas}},
            "http://a.example/dog.json": {"type": "object", "properties": {"bark": {}}},
        }
    )
    schema = {"$ref": "http://a.example/pets.json#/components/schemas/Pet"}
    body = {"content": {"application/json": {"schema": schema}}}
    tools, _ = learned(library, {"/x": {"post": {"requestBody": body}}})
    told = json.dumps(tools["POST /x"].spec.parameters)
    assert '{"const": "meow"}' in told
    assert '{"const": "woof"}' in told

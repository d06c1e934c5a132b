"""The OpenAPI document: valid, complete, and true."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter

from domain.runs import events
from domain.runs.events import Event
from entrypoints.encoding import EventEncoder
from entrypoints.http.openapi.events import RunEvents
from entrypoints.http.openapi.schemas import body_schemas, plain_parameter, tidy
from entrypoints.settings.version import VERSION
from tests.entrypoints.event_samples import BODIES, ID
from tests.entrypoints.http.conftest import Installation

pytestmark = pytest.mark.one_engine


@pytest.fixture
async def document(installation: Installation) -> dict[str, Any]:
    """The document, as clients get it."""
    found: dict[str, Any] = await installation.anyone.get("/openapi.json")
    return found


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation."""
    for item in document["paths"].values():
        yield from item.values()


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"] == VERSION


async def test_it_is_made_once(installation: Installation) -> None:
    first = await (await installation.anyone.send("GET", "/openapi.json")).get_data()
    kept = installation.app.extensions["puerto.openapi"]

    assert first == kept
    await installation.anyone.get("/openapi.json")
    assert installation.app.extensions["puerto.openapi"] is kept


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    names = Counter(operation["operationId"] for operation in operations(document))

    assert set(names.values()) == {1}
    for operation in operations(document):
        assert operation["summary"].endswith(".")
        assert len(operation["tags"]) == 1
        assert set(operation["tags"]) <= tags
        for parameter in operation["parameters"]:
            assert parameter["description"], operation["operationId"]


def test_a_body_is_optional_where_all_its_fields_are(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found = set[bool]()
    for operation in operations(document):
        if "requestBody" in operation:
            (content,) = operation["requestBody"]["content"].values()
            schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
            assert operation["requestBody"]["required"] is ("required" in schema)
            found.add("required" in schema)
    assert found == {False, True}


def test_every_answer_carries_the_request_id(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, given in operation["responses"].items():
            name = given.get("$ref", "").split("/")[-1]
            answer = document["components"]["responses"][name] if name else given
            assert "X-Request-ID" in answer["headers"]
            assert ("Location" in answer["headers"]) == (status == "201")
            assert ("WWW-Authenticate" in answer["headers"]) == (status == "401")
            assert ("content" in answer) == (status != "204")


def test_credentials_are_asked_for_where_they_are_refused(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for operation in operations(document):
        if operation["security"]:
            assert operation["security"][0] == {"bearer": []}
            assert {"401", "503"} <= operation["responses"].keys()


def test_links_lead_to_operations_that_take_them(document: dict[str, Any]) -> None:
    taken = {
        operation["operationId"]: {found["name"] for found in operation["parameters"]}
        for operation in operations(document)
    }
    answer = document["paths"]["/api/chat"]["post"]["responses"]["200"]

    assert len(answer["links"]) == 5
    for link in answer["links"].values():
        assert link["parameters"].keys() <= taken[link["operationId"]]


def test_a_message_is_answered_in_two_media_types(document: dict[str, Any]) -> None:
    content = document["paths"]["/api/chat"]["post"]["responses"]["200"]["content"]

    assert content.keys() == {"application/json", "text/event-stream"}
    assert "type" not in document["components"]["schemas"]["EventStream"]


def test_the_events_are_those_that_are_sent(document: dict[str, Any]) -> None:
    assert {type(body) for body in BODIES} == set(events.Body.__args__)
    schema: TypeAdapter[Any] = TypeAdapter(RunEvents)
    encoder = EventEncoder(ID)
    sent = set()

    for number, body in enumerate(BODIES, 1):
        data = encoder.encode(Event(number, 1, body))
        if data is not None:
            schema.validate_json(json.dumps(data, default=dict), strict=True)
            sent.add(data["type"])

    described = document["components"]["schemas"]["Event"]["discriminator"]
    assert described["propertyName"] == "type"
    assert described["mapping"].keys() == sent


def test_it_is_the_same_whatever_plugins_bring(document: dict[str, Any]) -> None:
    chat = document["components"]["schemas"]["ChatRequest"]["properties"]

    assert "enum" not in json.dumps([chat["provider"], chat["agent"]])


def test_tidy_removes_noise_and_keeps_values() -> None:
    schema = {
        "title": "Thing",
        "default": None,
        "description": "",
        "properties": {"title": {"title": "Title", "type": "string"}},
        "examples": [{"title": "kept", "default": None}],
    }

    assert tidy(schema) == {
        "properties": {"title": {"type": "string"}},
        "examples": [{"title": "kept", "default": None}],
    }


def test_a_parameter_is_never_null() -> None:
    given = {
        "name": "q",
        "in": "query",
        "schema": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
    }

    assert plain_parameter(given, ["q"]) == {
        "name": "q",
        "in": "query",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }


def test_bodies_say_that_nul_is_refused_and_tell_defaults_in_words() -> None:
    narrow = {"type": "string", "format": "email"}
    body = {
        "properties": {
            "text": {"type": "string", "default": "Hi", "description": "What to say."},
            "stream": {"type": "boolean", "default": False},
            "mail": narrow,
            "any": {"type": "object", "additionalProperties": True, "description": "Free."},
        },
        "examples": [{"type": "string"}],
    }

    found = body_schemas({"Body": body})

    assert found["Body"] == {
        "properties": {
            "text": {
                "type": "string",
                "pattern": r"^[^\u0000]*$",
                "description": 'What to say. Not given: `"Hi"`.',
            },
            "stream": {"type": "boolean", "description": "Not given: `false`."},
            "mail": narrow,
            "any": {"type": "object", "additionalProperties": True, "description": "Free."},
        },
        "examples": body["examples"],
    }


def test_no_schema_has_a_field_of_its_own_name(document: dict[str, Any]) -> None:
    # openapi-python-client then writes a class that assigns the field to the object itself.
    for name, schema in document["components"]["schemas"].items():
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() not in schema.get("properties", {})

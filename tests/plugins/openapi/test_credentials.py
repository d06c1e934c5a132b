"""Credentials among a document's ordinary parameters: recognised, and asked of the operator."""

from typing import Any

import pytest

from domain.learning.api.fixed_arguments import path_in
from plugins.openapi.lowering import LoweredTool
from plugins.openapi.operation import ParameterLocation, SecurityScheme
from tests.plugins.openapi.usable import api, made


def tool(*parameters: dict[str, Any], path: str = "/x", **more: Any) -> LoweredTool:
    tools, skipped = made(api({"parameters": list(parameters)}, path, "get", **more))
    assert not skipped
    return tools[f"GET {path}"]


def parameter(name: str, described: str = "", place: str = "query", **more: Any) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": place, "description": described, "schema": schema, **more}


@pytest.mark.parametrize(
    ("name", "described", "place", "path"),
    [
        ("api_key", "Your API key", "query", "/x"),
        ("apiKey", "", "query", "/x"),
        ("access_token", "", "query", "/x"),
        ("X-Api-Key", "", "header", "/x"),
        ("X-Auth-Token", "", "header", "/x"),
        ("key", "Your application's API key", "query", "/x"),
        ("appid", "Your unique API key (see the account page)", "query", "/x"),
        ("token", "Authentication token. Requires scope: `a:read`", "header", "/x"),
        ("Authorization", "", "header", "/x"),
        ("Ocp-Apim-Subscription-Key", "", "header", "/x"),
    ],
)
def test_what_is_plainly_a_credential_is_shown_to_no_model(
    name: str, described: str, place: str, path: str
) -> None:
    found = tool(parameter(name, described, place, required=True), parameter("near"), path=path)
    assert list(found.spec.parameters["properties"]) == ["near"]
    scheme = SecurityScheme("apiKey", name=name, place=ParameterLocation(place), is_parameter=True)
    assert found.operation.schemes == {name: scheme}
    assert found.operation.security == [{name: []}]


@pytest.mark.parametrize(
    ("name", "described", "place", "path"),
    [
        ("key", "The key of the entry", "query", "/x"),
        ("token", "The token of the next page", "query", "/x"),
        ("page_token", "Your token for the next page", "query", "/x"),
        ("access_token", "The token to look at", "query", "/introspect"),
        ("token", "The access token", "query", "/oauth/revoke"),
        ("api_key", "Your API key", "path", "/keys/{api_key}"),
        ("client_id", "The id of the client", "query", "/x"),
        ("client_secret", "The client secret of the payment", "query", "/x"),
    ],
)
def test_what_may_be_something_else_stays_the_models(
    name: str, described: str, place: str, path: str
) -> None:
    found = tool(parameter(name, described, place), path=path)
    assert list(found.spec.parameters["properties"]) == [name]
    assert not found.operation.schemes


def test_a_choice_or_a_number_is_no_credential() -> None:
    kinds: list[dict[str, Any]] = [{"type": "integer"}, {"type": "string", "enum": ["a", "b"]}]
    for schema in kinds:
        assert not tool(parameter("api_key", schema=schema)).operation.schemes


OAUTH = {"o": {"type": "oauth2", "flows": {}}}


def test_credentials_join_those_that_the_document_asks_for() -> None:
    needed = parameter("api_key", required=True)
    found = tool(
        needed, security=[{"o": ["a"]}, {}], components={"securitySchemes": OAUTH}
    ).operation
    assert found.security == [{"o": ["a"], "api_key": []}, {"api_key": []}, {"o": ["a"]}]
    found = tool(
        parameter("api_key"), security=[{"o": ["a"]}], components={"securitySchemes": OAUTH}
    ).operation
    assert found.security == [{"o": ["a"], "api_key": []}, {"o": ["a"]}, {"api_key": []}]
    assert tool(parameter("api_key")).operation.security == [{"api_key": []}, {}]


def test_a_parameter_that_is_a_scheme_which_nobody_asks_for_is_asked_for() -> None:
    schemes = {"k": {"type": "apiKey", "in": "query", "name": "api_key"}}
    found = tool(parameter("api_key"), components={"securitySchemes": schemes}).operation
    assert found.security == [{"k": []}, {}]
    assert not found.schemes["k"].is_parameter


def test_a_name_that_another_scheme_has_gets_its_place() -> None:
    schemes = {"api_key": {"type": "http", "scheme": "basic"}}
    found = tool(
        parameter("api_key", required=True), components={"securitySchemes": schemes}
    ).operation
    assert found.security == [{"api_key_query": []}]


def test_headers_of_signatures_are_never_shown() -> None:
    names = ("X-Amz-Date", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Content-Sha256")
    signing = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
    found = tool(
        *(parameter(name, place="header") for name in names),
        parameter("Name"),
        info={"title": "t", "version": "1", "x-aws-signingName": "depot"},
        security=[{"hmac": []}],
        components={"securitySchemes": {"hmac": signing}},
    )
    assert list(found.spec.parameters["properties"]) == ["Name"]
    assert found.operation.schemes == {"hmac": SecurityScheme("awsSigV4", name="depot")}


def test_what_looks_like_one_in_a_path_or_a_body_is_noted() -> None:
    token = parameter("token", "Your bot's token", "path", required=True)
    (path_note,) = tool(token, path="/bot{token}/send").notes
    assert path_note == "'token' looks like a credential: if it is, fix it (fixed_arguments)."
    properties = {"api_key": {"type": "string"}, "token": {"type": "string"}}
    schemas = {"Login": {"type": "object", "properties": properties}}
    for schema in (schemas["Login"], {"$ref": "#/components/schemas/Login"}):
        body = {"content": {"application/json": {"schema": schema}}}
        tools, _ = made(api({"requestBody": body}, components={"schemas": schemas}))
        found = tools["POST /x"]
        assert found.notes == [
            "'body.api_key' looks like a credential: if it is, fix it (fixed_arguments)."
        ]
        assert found.suspects == ["body.api_key"]
        assert path_in(found.spec.parameters, "body.api_key")  # nobody but the operator knows


def test_what_looks_like_one_deeper_in_a_body_is_noted() -> None:
    auth = {"type": "object", "properties": {"api_key": {"type": "string"}, "mode": {}}}
    nullable = {"anyOf": [{"$ref": "#/components/schemas/Auth"}, {"type": "null"}]}
    properties = {"auth": nullable, "lines": {"type": "array", "items": auth}, "name": {}}
    body = {"content": {"application/json": {"schema": {"properties": properties}}}}
    tools, _ = made(api({"requestBody": body}, components={"schemas": {"Auth": auth}}))
    found = tools["POST /x"]
    assert found.suspects == ["body.auth.api_key"]
    path = path_in(found.spec.parameters, "body.auth.api_key")
    assert path == ("body", "auth", "api_key")

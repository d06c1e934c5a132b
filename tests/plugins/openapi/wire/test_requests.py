"""Requests as a whole: servers, paths, what a model cannot set, and what fills itself."""

import uuid
from typing import Any

import pytest

from domain.shared.errors import InvalidArguments, ToolFailed
from plugins.openapi.operation import ApiServer, Operation, ParameterLocation, SecurityScheme
from plugins.openapi.wire.requests import build_request
from tests.plugins.openapi.wire.operations import CALL, operation, parameter

SOURCE = "https://docs.example/apis/pets/openapi.json"


@pytest.mark.parametrize(
    ("server", "source", "url"),
    [
        (ApiServer("https://api.example"), "", "https://api.example/p"),
        (ApiServer("https://api.example/"), "", "https://api.example/p"),
        (ApiServer("https://api.example/base/v1/"), "", "https://api.example/base/v1/p"),
        (ApiServer("https://api.example/{v}", {"v": "v2"}), "", "https://api.example/v2/p"),
        (
            ApiServer("{s}://{h}:{p}", {"s": "http", "h": "a.example", "p": "81"}),
            "",
            "http://a.example:81/p",
        ),
        (ApiServer("/"), SOURCE, "https://docs.example/p"),
        (ApiServer("/v1"), SOURCE, "https://docs.example/v1/p"),
        (ApiServer("v1"), SOURCE, "https://docs.example/apis/pets/v1/p"),
        (ApiServer("../v1"), SOURCE, "https://docs.example/apis/v1/p"),
        (ApiServer("//api.example/v1"), SOURCE, "https://api.example/v1/p"),
        (ApiServer("https://api.example/v1?key=1"), "", "https://api.example/v1/p?key=1"),
        (ApiServer("https://api.example/a b"), "", "https://api.example/a%20b/p"),
    ],
)
def test_a_server_is_made_absolute(server: ApiServer, source: str, url: str) -> None:
    made = build_request(operation(path="/p", servers=[server], source=source), {})
    assert made.url == url


def test_without_servers_the_api_is_where_its_document_is() -> None:
    assert (
        build_request(operation(path="/p", servers=[], source=SOURCE), {}).url
        == "https://docs.example/p"
    )


@pytest.mark.parametrize(
    "server", [ApiServer("/v1"), ApiServer("{host}/v1"), ApiServer("api.example/v1")]
)
def test_a_server_that_nobody_knows_can_be_given(server: ApiServer) -> None:
    one = operation(path="/p", servers=[server])
    with pytest.raises(ToolFailed, match="--server"):
        build_request(one, {})
    assert build_request(one, {}, server="http://here.example/v9").url == "http://here.example/v9/p"


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/a/{it}:verb", "/a/x%2Fy:verb"),
        ("/a/{it}.json", "/a/x%2Fy.json"),
        ("/a/({it},{it})", "/a/(x%2Fy,x%2Fy)"),
        ("/@me/a b/{it}/", "/@me/a%20b/x%2Fy/"),
        ("a/{it}", "/a/x%2Fy"),
        ("/a/{it}?action=b c", "/a/x%2Fy?action=b%20c"),
        ("/a/{it}#part", "/a/x%2Fy"),
        ("/a//{it}", "/a//x%2Fy"),
    ],
)
def test_a_path_is_written_as_the_document_has_it(path: str, written: str) -> None:
    one = operation(parameter("path", required=True), path=path)
    assert build_request(one, {"it": "x/y"}).url == f"https://api.example/v1{written}"


@pytest.mark.parametrize("path", ["/users/{it}", "/users/x{it}y/{it}"])
def test_the_path_of_one_thing_is_not_that_of_all(path: str) -> None:
    one = operation(parameter("path", required=True), path=path, method="DELETE")
    with pytest.raises(InvalidArguments, match="empty"):
        build_request(one, {"it": ""})


def test_queries_stand_in_the_order_of_the_document() -> None:
    one = operation(parameter("query", "b"), parameter("query", "a"), parameter("query", "c"))
    assert build_request(one, {"c": 1, "a": [1, 2], "b": 3}).url.endswith("?b=3&a=1&a=2&c=1")


def test_cookies_share_a_header() -> None:
    one = operation(parameter("cookie", "a"), parameter("cookie", "b"), parameter("cookie", "c"))
    assert build_request(one, {"a": 1, "c": 2}).header("cookie") == "a=1; c=2"


RESERVED = [
    ("header", "Authorization"),
    ("header", "cookie"),
    ("header", "HOST"),
    ("header", "Content-Length"),
    ("header", "Content-Type"),
    ("header", "Accept"),
    ("header", "Transfer-Encoding"),
    ("header", "Proxy-Authorization"),
    ("header", "x-key"),
    ("query", "api_key"),
    ("cookie", "sid"),
]
SCHEMES = {
    "a": SecurityScheme("apiKey", "X-Key", ParameterLocation.HEADER),
    "b": SecurityScheme("apiKey", "api_key", ParameterLocation.QUERY),
    "c": SecurityScheme("apiKey", "sid", ParameterLocation.COOKIE),
}


@pytest.mark.parametrize(("place", "name"), RESERVED)
def test_no_model_sets_credentials_or_framing(place: str, name: str) -> None:
    one = operation(parameter(place, name, required=True), schemes=SCHEMES)
    with pytest.raises(InvalidArguments, match="takes no argument"):
        build_request(one, {name: "evil"})
    made = build_request(one, {})
    assert "evil" not in f"{made.url}{made.headers}"


@pytest.mark.parametrize(
    ("arguments", "words"), [({"other": 1, "it": 1}, "'other'"), ({}, "'it' is missing")]
)
def test_arguments_are_those_of_the_operation(arguments: Any, words: str) -> None:
    with pytest.raises(InvalidArguments, match=words):
        build_request(operation(parameter("query", required=True)), arguments)


def keyed(schema: Any) -> Operation:
    return operation(parameter("header", "Idempotency-Key", schema=schema), method="POST")


@pytest.mark.parametrize(
    ("schema", "call_id", "is_itself"),
    [
        ({}, CALL, True),
        ({"type": "string", "maxLength": 36}, "x" * 99, False),
        ({"format": "uuid"}, CALL, False),
        ({"format": "uuid"}, str(uuid.UUID(int=7)), True),
    ],
)
def test_an_idempotency_key_is_the_calls_own(schema: Any, call_id: str, is_itself: bool) -> None:
    keys = {
        build_request(keyed(schema), {}, call_id=call_id).header("idempotency-key") for _ in "12"
    }
    (key,) = keys  # the same on a second try
    assert (key == call_id) == is_itself
    assert is_itself or str(uuid.UUID(key)) == key


def test_to_print_a_request_shows_no_keys() -> None:
    made = build_request(
        operation(parameter("query"), parameter("header", "X-It")),
        {"it": "secret", "X-It": "secret"},
    )
    assert "secret" not in repr(made)


@pytest.mark.parametrize("value", [[], {}, None])
@pytest.mark.parametrize("place", ["query", "header", "cookie"])
def test_a_parameter_that_is_needed_is_not_left_out(place: str, value: Any) -> None:
    with pytest.raises(InvalidArguments, match="'it' is empty"):
        build_request(operation(parameter(place, required=True)), {"it": value})

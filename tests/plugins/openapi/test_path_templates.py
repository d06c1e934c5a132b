"""Templates behind the ``?`` of a path: each is filled, and each parameter is sent once."""

from typing import Any

import pytest

from plugins.openapi.wire.requests import build_request
from tests.plugins.openapi.usable import api, made

SERVERS = [{"url": "https://api.example"}]


def url_of(
    path: str, arguments: dict[str, Any], *parameters: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the address of a call, and the schema of its arguments."""
    tree = api({"parameters": list(parameters)}, path, "get", servers=SERVERS)
    tools, skipped = made(tree)
    assert not skipped
    tool = tools[f"GET {path}"]
    request = build_request(tool.operation, arguments)
    return request.url.removeprefix("https://api.example"), dict(tool.spec.parameters)


def taking(name: str, place: str, **more: Any) -> dict[str, Any]:
    schema = more.pop("schema", {"type": "string"})
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


@pytest.mark.parametrize("place", ["path", "query"])
def test_a_placeholder_behind_the_question_mark_is_filled_once(place: str) -> None:
    state = {**taking("state", place), "required": True}
    url, schema = url_of("/orders?state={state}&page=1", {"state": "new & open"}, state)
    assert url == "/orders?state=new%20%26%20open&page=1"
    assert schema["required"] == ["state"]


def test_the_name_on_the_wire_is_the_one_before_the_sign() -> None:
    url, _ = url_of("/x?q={query}", {"query": "a"}, taking("query", "path"))
    assert url == "/x?q=a"
    listed = {"type": "array", "items": {"type": "integer"}}
    many = taking("ids", "query", schema=listed)
    assert url_of("/x?id={ids}", {"ids": [1, 2]}, many)[0] == "/x?id=1&id=2"


def test_several_placeholders_make_one_value() -> None:
    corner = [taking("west", "path"), taking("south", "query", required=True)]
    url, _ = url_of("/map?box={west},{south}", {"west": "1/2", "south": "3"}, *corner)
    assert url == "/map?box=1%2F2,3"


def test_a_part_whose_placeholder_has_no_value_is_left_out() -> None:
    url, schema = url_of("/x?a={a}&b=1", {}, taking("a", "query"))
    assert url == "/x?b=1"
    assert "required" not in schema


def test_a_placeholder_that_nobody_describes_is_asked_for() -> None:
    url, schema = url_of("/x?a={a}", {"a": "1"})
    assert url == "/x?a=1"
    assert schema["required"] == ["a"]


def test_a_placeholder_of_path_and_query_is_one_argument() -> None:
    url, _ = url_of("/x/{id}?copy={id}", {"id": "a/b"}, taking("id", "path"))
    assert url == "/x/a%2Fb?copy=a%2Fb"


def test_the_form_expansions_of_rfc_6570_are_parameters_of_the_query() -> None:
    declared = [taking("limit", "query", schema={"type": "integer"}), taking("page", "path")]
    url, _ = url_of("/x{?limit,page*}", {"limit": 3, "page": "b"}, *declared)
    assert url == "/x?limit=3&page=b"
    assert url_of("/x?a=1{&limit}", {"limit": 3}, declared[0])[0] == "/x?a=1&limit=3"


def test_a_parameter_takes_the_place_of_what_the_path_says_of_it() -> None:
    action = taking("action", "query", required=True)
    url, schema = url_of("/x?action=list&page=1", {"action": "find"}, action)
    assert url == "/x?page=1&action=find"
    assert "required" not in schema
    assert url_of("/x?action=list&page=1", {}, action)[0] == "/x?action=list&page=1"


def test_a_fragment_is_never_sent_and_nothing_is_asked_for_it() -> None:
    url, schema = url_of("/x#version={v}", {}, taking("v", "path"))
    assert url == "/x"
    assert not schema["properties"]


@pytest.mark.parametrize("path", ["/x/{id", "/x/id}", "/x/{}", "/x?a={", "/x{/id}"])
def test_a_brace_that_cannot_be_filled_is_a_reason_to_skip(path: str) -> None:
    tools, (skipped,) = made(api({}, path, "get"))
    assert not tools
    assert skipped.reason == "invalid"
    assert "brace" in skipped.message

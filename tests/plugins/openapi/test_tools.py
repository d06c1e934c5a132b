"""Tools as models see them: names, arguments, words, effects, and how large they are."""

from collections.abc import Sequence
from typing import Any

import pytest

from domain.tools.tool import Effect
from plugins.openapi.lowering.names import tool_names
from plugins.openapi.lowering.patterns import usable
from plugins.openapi.lowering.words import plain, shortened
from plugins.openapi.operation import Operation, ParameterLocation
from plugins.openapi.reading import Reason
from tests.plugins.openapi.usable import api, document, made, taking


def operation(method: str, path: str, operation_id: str = "") -> Operation:
    return Operation(method, path, (), operation_id=operation_id)


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (operation("GET", "/pets", "listPets"), "listPets"),
        (operation("GET", "/pets", "pets/list-all"), "pets_list-all"),
        (operation("GET", "/pets", "Straße.öffnen"), "Strasse_offnen"),
        (operation("GET", "/pets", "2fa"), "get_2fa"),
        (operation("GET", "/pets", "列表"), "get_pets"),
        (operation("GET", "/pets/{petId}/toys"), "get_pets_by_petId_toys"),
        (operation("GET", "/"), "get"),
        (operation("GET", "/x", "a" * 100), "a" * 64),
        (operation("GET", "/v1/"), "get"),
        (operation("POST", "/v1/search", "search"), "search"),
        (operation("GET", "/pets/{id}", "get"), "get_pets"),
        (operation("POST", "/pets/search", "search"), "search_pets"),
        (operation("POST", "/lock", "lock"), "lock"),
    ],
)
def test_tools_are_named_after_operations(one: Operation, name: str) -> None:
    assert tool_names([one]) == {one.name: name}


def test_a_verb_alone_gets_a_noun() -> None:
    search = operation("POST", "/v1/search", "search")
    assert tool_names([search], title="Flight offers API with extras") == {
        search.name: "search_flight_offers"
    }
    locate = Operation("GET", "/", (), summary="Locate an address")
    assert tool_names([locate], title="Where is it") == {"GET /": "locate_address"}
    bare = operation("GET", "/")
    assert tool_names([bare], title="Where is it") == {"GET /": "get_where_is_it"}


LONG = "/organizations/{organization}/repositories/{repository}/pull-requests/{number}/reviews"


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (
            operation("GET", f"{LONG}/{{review}}/comments"),
            "get_pull-requests_by_number_reviews_by_review_comments",
        ),
        (
            operation(
                "PUT", "/x", f"AccountsOrganizationController_{'replaceGroupRole' * 2}Assignments"
            ),
            "Accounts_Controller_replaceGroupRolereplaceGroupRoleAssignments",
        ),
        (
            operation(
                "POST", "/v1/a/{id}/b", "make_b_of_a_that_has_a_very_long_name_v1_a__id__b_post"
            ),
            "make_b_of_a_that_has_a_very_long_name_v1_a_id_b_post",
        ),
        (
            operation(
                "POST",
                "/v1/observability/{id}/records",
                "create_dataset_record_v1_observability__id__records_post",
            ),
            "create_dataset_record_v1_observability_id_records_post",
        ),
        (
            operation(
                "POST",
                "/v1/observability/datasets/{id}/records",
                "create_dataset_record_v1_observability_datasets__id__records_post",
            ),
            "create_dataset_record_v1_observability_datasets_id_records_post",
        ),
        (
            operation(
                "POST",
                "/v1/observability/datasets/{dataset_id}/records",
                "create_dataset_record_v1_observability_datasets__dataset_id__records_post",
            ),
            "create_dataset_record",
        ),
    ],
)
def test_a_name_that_is_too_long_keeps_its_verb_and_its_end(one: Operation, name: str) -> None:
    assert tool_names([one]) == {one.name: name}


def test_names_that_share_their_end_are_told_apart_in_words() -> None:
    end = "metadata_enterprise_securityClassification_6VMVochwUWo_again"
    clashing = [operation("GET", f"/{each}", f"get_{each}_{end}") for each in ("files", "folders")]
    assert list(tool_names(clashing).values()) == [
        "get_files_metadata_enterprise_sec_6VMVochwUWo_again",
        "get_folders_metadata_enterprise_sec_6VMVochwUWo_again",
    ]


def test_clashing_names_say_what_differs_and_depend_on_nothing_else() -> None:
    clashing = [
        operation("GET", "/a", "same"),
        operation("POST", "/a", "same"),
        operation("GET", "/a-b"),
        operation("GET", "/a_b"),
        operation("GET", "/other", "other"),
    ]
    names = tool_names(clashing)
    assert names["GET /a"] == "same_get_a"
    assert names["POST /a"] == "same_post_a"
    assert names["GET /a-b"] != names["GET /a_b"]
    assert tool_names(clashing[::-1]) == names
    prefixed = tool_names(clashing, prefix="shop_", given={"GET /a": "look"})
    assert prefixed["GET /a"] == "look"
    assert prefixed["POST /a"] == "shop_same"


def test_arguments_of_one_name_are_kept_apart() -> None:
    tools, _ = made(document("things-3.0.yaml"))
    get = tools["GET /things/{id}"]
    names = {(each.place, each.name): each.argument for each in get.operation.parameters}
    assert names[ParameterLocation.PATH, "id"] == "id"
    assert names[ParameterLocation.QUERY, "id"] == "id_query"
    assert names[ParameterLocation.HEADER, "id"] == "id_header"
    assert names[ParameterLocation.QUERY, "$top"] == "top"
    assert names[ParameterLocation.QUERY, "ids[]"] == "ids"
    assert names[ParameterLocation.QUERY, "größe"] == "grosse"
    assert get.spec.parameters["required"] == ["id"]
    unicode = get.spec.parameters["properties"][names[ParameterLocation.QUERY, "名前"]]
    assert unicode["description"] == "Sent as 名前"
    clash = [{"name": name, "in": "query"} for name in ("a", "a[]", "a[", "body")]
    tools, _ = made(api({"parameters": clash, "requestBody": {"content": {"a/b": {}}}}))
    properties = tools["POST /x"].spec.parameters["properties"]
    assert list(properties)[:2] == ["a", "a_query"]
    assert list(properties)[3:] == ["body", "request_body"]
    assert tools["POST /x"].operation.body.argument == "request_body"  # type: ignore[union-attr]  # it has one


def test_no_model_is_asked_for_credentials() -> None:
    tools, _ = made(document("pets-2.0.yaml"))
    assert list(tools["GET /pets"].spec.parameters["properties"]) == [
        "tags",
        "ids",
        "sizes",
        "limit",
    ]
    tools, _ = made(document("things-3.0.yaml"))
    assert "sid" not in tools["GET /things/{id}"].spec.parameters["properties"]
    hidden = (
        "Authorization",
        "cookie",
        "Host",
        "Content-Length",
        "X-HTTP-Method-Override",
        "Accept",
    )
    tools, _ = made(api({"parameters": [{"name": name, "in": "header"} for name in hidden]}))
    assert tools["POST /x"].spec.parameters["properties"] == {}


@pytest.mark.parametrize(
    ("method", "path", "operation_id", "effect", "idempotent"),
    [
        ("get", "/x", "getX", Effect.READ, False),
        ("head", "/x", "", Effect.READ, False),
        ("query", "/x", "", Effect.READ, False),
        ("post", "/x/search", "searchX", Effect.WRITE, False),
        ("put", "/x", "", Effect.WRITE, False),
        ("patch", "/x", "", Effect.WRITE, False),
        ("delete", "/x", "", Effect.DESTRUCTIVE, False),
        ("post", "/chat.delete", "", Effect.DESTRUCTIVE, False),
        ("post", "/x", "deleteAllX", Effect.DESTRUCTIVE, False),
        ("get", "/x/delete", "", Effect.DESTRUCTIVE, False),
        ("get", "/x", "remove_x", Effect.DESTRUCTIVE, False),
    ],
)
def test_effects(
    method: str, path: str, operation_id: str, effect: Effect, idempotent: bool
) -> None:
    tools, _ = made(api({"operationId": operation_id}, path=path, method=method))
    (tool,) = tools.values()
    assert (tool.spec.effect, tool.spec.idempotent) == (effect, idempotent)
    assert tool.spec.open_world


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_key_that_names_the_call_declares_it_idempotent(method: str) -> None:
    key = {"parameters": [{"name": "Idempotency-Key", "in": "header"}]}
    tools, _ = made(api(key, method=method))
    (tool,) = tools.values()
    assert tool.spec.idempotent
    assert tool.spec.can_repeat


def test_operators_can_class_and_name() -> None:
    effects, names = {"POST /x": Effect.READ}, {"POST /x": "find"}
    tools, _ = made(api({}), effects=effects, names=names, category="shop")
    spec = tools["POST /x"].spec
    assert (spec.name, spec.effect, spec.category) == ("find", Effect.READ, "shop")


@pytest.mark.parametrize(
    ("told", "description"),
    [
        ({"summary": "Adds.", "description": "Adds. One"}, "Adds. One. POST /x"),
        ({"summary": "Adds", "description": "<p>Takes &lt;b&gt;</p>"}, "Adds. Takes <b>. POST /x"),
        ({}, "POST /x"),
        ({"deprecated": True, "summary": "Old"}, "Deprecated. Old. POST /x"),
        ({"description": "A" * 70}, "A" * 70),
    ],
)
def test_descriptions(told: dict[str, Any], description: str) -> None:
    tools, _ = made(api(told))
    assert tools["POST /x"].spec.description == description


def test_long_descriptions_end_with_a_sentence() -> None:
    tools, _ = made(api({"description": "One sentence of many. " * 100}))
    described = tools["POST /x"].spec.description
    assert 900 < len(described) <= 1_000
    assert described.endswith("many.")
    assert shortened("word " * 10, 12) == "word word…"


def test_marks_of_markup_are_left_out() -> None:
    text = (
        "# Title\n\nSee **this** [page](https://x.example/y) and\n<code>that</code>.\n\n\n"
        "- one\n- two ![logo](a.png)<!-- no -->"
    )
    assert plain(text) == "Title\nSee this page and that.\n- one\n- two logo"
    assert plain("<!--" * 50_000)  # in no time


@pytest.mark.parametrize(
    ("pattern", "is_usable"),
    [
        ("^[a-z]{2,10}$", True),
        (r"^\d{4}-\d{2}$", True),
        ("^(foo|bar)$", True),
        (r"^([0-9a-f]{4}-){3}$", True),
        ("^/.*$", True),
        ("^(a+)+$", False),
        ("^(a|aa)*$", False),
        ("(x+x+)+y", False),
        ("^((a?){30}){30}$", False),
        (r"\p{L}+", False),
        ("(?i)abc", False),
        (r"(?P<n>a)(?P=n)", False),
        (r"(.)\1", False),
        ("[[:alpha:]]", False),
        ("[a&&b]", False),
        ("(unclosed", False),
        ("a{99999}", False),
        (".*.*.*.*.*.*.*x", False),
        ("a" * 301, False),
        (5, False),
    ],
)
def test_patterns_that_hang_or_are_not_for_all_are_left_out(pattern: Any, is_usable: bool) -> None:
    assert (usable(pattern) is not None) is is_usable
    assert usable("/^a$/") == "^a$"


# Size


def wide(count: int, **more: Any) -> dict[str, Any]:
    described = {"type": "string", "description": "It says a good deal about what it is. " * 3}
    return {"type": "object", "properties": {f"p{n}": described for n in range(count)}, **more}


def test_words_are_cut_before_anything_else() -> None:
    tools, _ = made(taking(wide(100)))
    tool = tools["POST /x"]
    body = tool.spec.parameters["properties"]["body"]
    assert len(body["properties"]) == 100
    assert body["properties"]["p0"]["description"].endswith("is.")
    told = "Its arguments take more than is shown here. read_schema shows the rest."
    assert tool.spec.description.endswith(told)
    assert tool.spec.is_abridged
    assert tool.whole is not None
    whole = tool.whole["properties"]["body"]
    assert whole["properties"]["p0"]["description"].count("says") > 1
    assert tool.notes == ["Its arguments take more than is shown here."]


def test_what_is_too_large_to_be_looked_up_says_so() -> None:
    tools, _ = made(taking(wide(6_000)))
    tool = tools["POST /x"]
    assert tool.spec.description.endswith("Its arguments take more than is shown here.")
    assert (tool.spec.is_abridged, tool.whole) == (False, None)


def test_what_is_shown_whole_is_kept_once() -> None:
    tools, _ = made(taking(wide(3)))
    assert (tools["POST /x"].spec.is_abridged, tools["POST /x"].whole) == (False, None)


def test_what_lies_deep_is_cut_and_named() -> None:
    schemas = {
        f"S{n}": {
            **wide(20),
            "properties": {
                **wide(20)["properties"],
                "next": {"$ref": f"#/components/schemas/S{n + 1}"},
            },
        }
        for n in range(30)
    }
    tools, _ = made(taking({"$ref": "#/components/schemas/S0"}, **schemas, S30={}))
    parameters = tools["POST /x"].spec.parameters
    assert "p19" in parameters["properties"]["body"]["properties"]
    last = parameters["$defs"][max(parameters["$defs"], key=lambda name: int(name[1:]))]
    assert last == {
        "type": "object",
        "description": "Not shown here: p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, ….",
    }


def test_what_is_needed_stays_when_all_else_is_cut() -> None:
    required = [f"p{n}" for n in range(1_990, 2_000)]
    parameters = [{"name": "id", "in": "path"}]
    parameters += [
        {"name": f"q{n}", "in": "query", "description": "Long " * 50} for n in range(500)
    ]
    body = {"content": {"application/json": {"schema": wide(2_000, required=required)}}}
    tools, _ = made(api({"parameters": parameters, "requestBody": body}, path="/x/{id}"))
    shown = tools["POST /x/{id}"].spec.parameters
    assert shown["required"] == ["id"]
    assert "additionalProperties" not in shown  # others may still be given


def test_what_cannot_be_shown_at_all_is_skipped() -> None:
    path = "".join(f"/{{{'long' * 10}{n}}}" for n in range(1_000))
    tools, skipped = made(api({}, path=path, paths={path: {"get": {}}, "/ok": {"get": {}}}))
    assert set(tools) == {"GET /ok"}
    assert [each.reason for each in skipped] == [Reason.TOO_LARGE]


def test_long_enumerations_are_shown_in_part() -> None:
    values = [f"value-{n}" for n in range(3_000)]
    tools, _ = made(
        taking({"type": "object", "properties": {"zone": {"type": "string", "enum": values}}})
    )
    zone = tools["POST /x"].spec.parameters["properties"]["body"]["properties"]["zone"]
    assert zone["description"].startswith("One of: value-0, value-1, ")
    assert "enum" not in zone


NULLABLE: Sequence[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"type": "string", "nullable": True, "enum": ["a", "b", None]},
        {"type": "string", "enum": ["a", "b"]},
    ),
    ({"type": ["string", "integer", "null"]}, {"type": ["string", "integer"]}),
    ({"enum": ["a", None]}, {"enum": ["a"]}),
    ({"$ref": "#/components/schemas/Mode"}, {"type": "string", "enum": ["on", "off"]}),
    ({"oneOf": [{"type": "integer"}, {"type": "null"}]}, {"type": "integer"}),
    ({"type": "null"}, {"type": "null"}),  # nothing else fits it
    ({"enum": [None]}, {"enum": [None]}),
]


@pytest.mark.parametrize(("given", "shown"), NULLABLE)
@pytest.mark.parametrize("place", ["query", "header", "cookie", "path"])
def test_a_parameter_that_is_needed_offers_no_null_where_none_can_be_sent(
    place: str, given: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert offered_for({"in": place, "required": True, "schema": given}) == shown


@pytest.mark.parametrize(
    "more",
    [
        {"schema": {"type": ["string", "null"]}},
        {"required": True, "allowEmptyValue": True, "schema": {"type": ["string", "null"]}},
        {
            "required": True,
            "content": {"application/json": {"schema": {"type": ["string", "null"]}}},
        },
    ],
)
def test_null_is_offered_where_it_is_left_out_or_written(more: dict[str, Any]) -> None:
    assert offered_for({"in": "query", **more}) == {"type": ["string", "null"]}


def offered_for(parameter: dict[str, Any]) -> Any:
    path = "/modes/{mode}" if parameter["in"] == "path" else "/modes"
    mode = {"type": ["string", "null"], "enum": ["on", "off", None]}
    tools, _ = made(
        {
            "openapi": "3.1.0",
            "info": {"title": "Modes", "version": "1"},
            "servers": [{"url": "https://modes.example"}],
            "paths": {path: {"get": {"parameters": [{"name": "mode", **parameter}]}}},
            "components": {"schemas": {"Mode": mode}},
        }
    )
    return tools[f"GET {path}"].spec.parameters["properties"]["mode"]

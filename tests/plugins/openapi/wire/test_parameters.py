"""Each value of each style in each place, with the clause that says how it is written."""

from typing import Any

import pytest

from domain.shared.errors import InvalidArguments
from tests.plugins.openapi.wire.operations import parameter, query_of, segment_of, sent

COLORS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}
STYLES = "OAS 3.1.2 and 3.2.0, Style Examples"
RFC = "RFC 6570, 3.2.1"
SWAGGER = "Swagger 2.0, collectionFormat"

IN_PATH = [
    (STYLES, "matrix", False, "blue", ";it=blue"),
    (STYLES, "matrix", False, COLORS, ";it=blue,black,brown"),
    (STYLES, "matrix", False, RGB, ";it=R,100,G,200,B,150"),
    (STYLES, "matrix", True, COLORS, ";it=blue;it=black;it=brown"),
    (STYLES, "matrix", True, RGB, ";R=100;G=200;B=150"),
    (STYLES, "label", False, "blue", ".blue"),
    (STYLES, "label", False, COLORS, ".blue,black,brown"),
    (STYLES, "label", False, RGB, ".R,100,G,200,B,150"),
    (STYLES, "label", True, COLORS, ".blue.black.brown"),
    (STYLES, "label", True, RGB, ".R=100.G=200.B=150"),
    (STYLES, "simple", False, "blue", "blue"),
    (STYLES, "simple", False, COLORS, "blue,black,brown"),
    (STYLES, "simple", False, RGB, "R,100,G,200,B,150"),
    (STYLES, "simple", True, RGB, "R=100,G=200,B=150"),
    ("RFC 6570, 3.2.7: no = before nothing", "matrix", False, "", ";it"),
    ("RFC 6570, 3.2.7", "matrix", True, {"a": "", "b": "1"}, ";a;b=1"),
    ("RFC 6570, 3.2.5", "label", False, "", "."),
    ("RFC 6570, 3.2.2", "simple", False, "", ""),
    ("RFC 6570, 3.2.1: null is no member", "simple", False, ["a", None, ""], "a,"),
    (
        "RFC 6570, 3.2.2: only the unreserved stay",
        "simple",
        False,
        "a;b,c/d?e#f",
        "a%3Bb%2Cc%2Fd%3Fe%23f",
    ),
    ("RFC 3986, 2.1", "simple", False, "50% \u017e", "50%25%20%C5%BE"),
    ("RFC 3986, 2.3", "simple", False, "a-b.c_d~e", "a-b.c_d~e"),
    (SWAGGER, "spaceDelimited", False, ["a", "b"], "a%20b"),
    (SWAGGER, "pipeDelimited", False, ["a", "b"], "a%7Cb"),
    ("undefined: nested values are JSON", "simple", False, [{"a": 1}], "%7B%22a%22%3A1%7D"),
    ("undefined: not a style of paths", "form", True, COLORS, "blue,black,brown"),
]
IN_QUERY = [
    (STYLES, "form", False, "blue", "it=blue"),
    (STYLES, "form", False, COLORS, "it=blue,black,brown"),
    (STYLES, "form", False, RGB, "it=R,100,G,200,B,150"),
    (STYLES, "form", True, COLORS, "it=blue&it=black&it=brown"),
    (STYLES, "form", True, RGB, "R=100&G=200&B=150"),
    (STYLES, "spaceDelimited", False, COLORS, "it=blue%20black%20brown"),
    (STYLES, "spaceDelimited", False, RGB, "it=R%20100%20G%20200%20B%20150"),
    (STYLES, "pipeDelimited", False, COLORS, "it=blue%7Cblack%7Cbrown"),
    (STYLES, "pipeDelimited", False, RGB, "it=R%7C100%7CG%7C200%7CB%7C150"),
    (STYLES, "deepObject", True, RGB, "it%5BR%5D=100&it%5BG%5D=200&it%5BB%5D=150"),
    (SWAGGER, "tabDelimited", False, ["a", "b"], "it=a%09b"),
    ("RFC 6570, 3.2.8", "form", True, "", "it="),
    ("RFC 6570, 3.2.8", "form", True, ["", "a"], "it=&it=a"),
    ("RFC 6570, 2.3: null", "form", True, None, None),
    ("RFC 6570, 2.3: an empty list", "form", True, [], None),
    ("RFC 6570, 2.3: an empty list", "pipeDelimited", False, [], None),
    ("RFC 6570, 2.3: an empty object", "form", False, {}, None),
    ("RFC 6570, 2.3: nothing but null", "form", True, {"a": None}, None),
    ("OAS 3.1.2, appendix E", "form", True, "a&b=c d+e", "it=a%26b%3Dc%20d%2Be"),
    ("OAS 3.1.2, appendix E", "form", False, ["a,b", "c"], "it=a%2Cb,c"),
    ("OAS 3.1.2, appendix C", "form", True, {"a": "x+y", "c": "x^y"}, "a=x%2By&c=x%5Ey"),
    ("OAS 3.0.4: delimiters are encoded", "deepObject", True, {"a[b]": "c"}, "it%5Ba%5Bb%5D%5D=c"),
    ("undefined: not exploded", "deepObject", False, {"a": 1}, "it%5Ba%5D=1"),
    (
        "undefined: nested",
        "deepObject",
        True,
        {"a": {"b": [1, 2]}},
        "it%5Ba%5D%5Bb%5D%5B0%5D=1&it%5Ba%5D%5Bb%5D%5B1%5D=2",
    ),
    ("undefined: of a value", "deepObject", True, "a", "it=a"),
    ("undefined: exploded", "pipeDelimited", True, ["a", "b"], "it=a&it=b"),
    ("undefined: exploded", "spaceDelimited", True, RGB, "R=100&G=200&B=150"),
    ("undefined: of a value", "pipeDelimited", False, "a b", "it=a%20b"),
    ("undefined: nested values are JSON", "form", True, [{"a": [1]}], "it=%7B%22a%22%3A%5B1%5D%7D"),
    ("undefined: not a style of queries", "matrix", True, ["a", "b"], "it=a&it=b"),
]
IN_HEADER = [
    (STYLES, "simple", False, "blue", "blue"),
    (STYLES, "simple", False, COLORS, "blue,black,brown"),
    (STYLES, "simple", False, RGB, "R,100,G,200,B,150"),
    (STYLES, "simple", True, RGB, "R=100,G=200,B=150"),
    (
        "OAS 3.1.2, 4.8.12.2.2: never encoded",
        "simple",
        False,
        'a b;c="d"/%20 \u017e',
        'a b;c="d"/%20 \u017e',
    ),
    ("RFC 9110, 5.5: no spaces around", "simple", False, " a\t", "a"),
    ("RFC 6570, 2.3", "simple", False, [], None),
    (SWAGGER, "pipeDelimited", False, ["a", "b"], "a|b"),
]
IN_COOKIE = [
    (STYLES, "form", False, "blue", "it=blue"),
    (STYLES, "form", False, COLORS, "it=blue,black,brown"),
    (STYLES, "form", False, RGB, "it=R,100,G,200,B,150"),
    ("OAS 3.1.2, appendix D: as forms have it", "form", True, COLORS, "it=blue&it=black&it=brown"),
    ("RFC 6265, 4.1.1: encoded", "form", True, 'a; b="c"', "it=a%3B%20b%3D%22c%22"),
    ("OAS 3.2.0, style cookie", "cookie", True, COLORS, "it=blue; it=black; it=brown"),
    ("OAS 3.2.0, style cookie", "cookie", True, RGB, "R=100; G=200; B=150"),
    ("OAS 3.2.0, style cookie: not encoded", "cookie", True, "a%20b/c", "it=a%20b/c"),
]
NUMBERS = [
    ({}, 42, "42"),
    ({}, -0.5, "-0.5"),
    ({}, 1.0, "1.0"),
    ({"type": "number"}, 1.0, "1.0"),
    ({"type": "integer"}, 1.0, "1"),
    ({"type": "integer"}, 9007199254740993, "9007199254740993"),
    ({"type": "number"}, 1e22, "1e%2B22"),
    ({}, True, "true"),
    ({}, False, "false"),
    ({"type": "array", "items": {"type": "integer"}}, [1.0, 2], "1,2"),
]


def rows(table: list[Any]) -> list[Any]:
    return [
        pytest.param(*row[1:], id=f"{row[0]} ({row[1]}, {row[2]}, {row[3]!r})") for row in table
    ]


@pytest.mark.parametrize(("style", "explode", "value", "written"), rows(IN_PATH))
def test_in_a_path(style: str, explode: bool, value: Any, written: str) -> None:
    assert segment_of(sent(value, parameter("path", style=style, explode=explode))) == written


@pytest.mark.parametrize(("style", "explode", "value", "written"), rows(IN_QUERY))
def test_in_a_query(style: str, explode: bool, value: Any, written: str | None) -> None:
    assert query_of(sent(value, parameter("query", style=style, explode=explode))) == written


@pytest.mark.parametrize(("style", "explode", "value", "written"), rows(IN_HEADER))
def test_in_a_header(style: str, explode: bool, value: Any, written: str | None) -> None:
    request = sent(value, parameter("header", "X-It", style=style, explode=explode))
    assert request.header("x-it") == written


@pytest.mark.parametrize(("style", "explode", "value", "written"), rows(IN_COOKIE))
def test_in_a_cookie(style: str, explode: bool, value: Any, written: str | None) -> None:
    request = sent(value, parameter("cookie", style=style, explode=explode))
    assert request.header("cookie") == written


@pytest.mark.parametrize(("schema", "value", "written"), NUMBERS)
def test_numbers_and_booleans_are_written_as_json_has_them(
    schema: Any, value: Any, written: str
) -> None:
    one = parameter("query", explode=False, schema=schema)
    assert query_of(sent(value, one)) == f"it={written}"


@pytest.mark.parametrize(
    ("place", "value", "written"),
    [
        ("query", "a/b:c?d@e!$'()*,;", "it=a/b:c?d@e!$'()*,;"),
        ("query", "a%20b%zz", "it=a%20b%25zz"),  # OAS 3.1.2: triples stay
        ("query", "[]#&=+ ^", "it=%5B%5D%23%26%3D%2B%20%5E"),  # OAS 3.1.2, appendix C
        ("path", "a:b@c", "a:b@c"),  # OAS 3.2.0
        ("path", "a/b?c#d", "a%2Fb%3Fc%23d"),  # OAS 3.1.2, path templating
    ],
)
def test_reserved_characters_that_are_allowed_stay(place: str, value: str, written: str) -> None:
    request = sent(value, parameter(place, allow_reserved=True))
    assert (segment_of(request) if place == "path" else query_of(request)) == written


def test_a_delimiter_in_a_value_is_told_from_one_between_values() -> None:
    one = parameter("query", explode=False, allow_reserved=True)
    assert query_of(sent(["a,b", "c/d"], one)) == "it=a%2Cb,c/d"


@pytest.mark.parametrize("value", [None, [], {}, ""])
def test_an_empty_value_that_is_allowed_is_sent(value: Any) -> None:
    assert query_of(sent(value, parameter("query", allow_empty=True))) == "it="


@pytest.mark.parametrize(
    ("place", "media_type", "value", "written"),
    [
        ("query", "application/json", {"a": [1, 2]}, "it=%7B%22a%22%3A%5B1%2C2%5D%7D"),
        ("query", "application/json", "a", "it=%22a%22"),
        ("query", "text/plain", "a b", "it=a%20b"),
        ("path", "application/vnd.api+json", [1], "%5B1%5D"),
        ("header", "application/json", {"a": "\u017e"}, '{"a":"\u017e"}'),
        ("cookie", "application/json", [1], "it=%5B1%5D"),
        (
            "querystring",
            "application/x-www-form-urlencoded",
            {"a": "b c", "d": [1, 2]},
            "a=b+c&d=1&d=2",
        ),
        ("querystring", "application/json", {"a": 1}, "%7B%22a%22%3A1%7D"),
        ("querystring", "text/plain", "a=b", "a%3Db"),
    ],
)
def test_content_is_written_in_its_format(
    place: str, media_type: str, value: Any, written: str
) -> None:
    request = sent(value, parameter(place, media_type=media_type))
    found = {
        "path": segment_of(request),
        "header": request.header("it"),
        "cookie": request.header("cookie"),
    }
    assert found.get(place, query_of(request)) == written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("$top", "%24top=1"),
        ("ids[]", "ids%5B%5D=1"),
        ("user.name", "user.name=1"),
        ("❤️", "%E2%9D%A4%EF%B8%8F=1"),
    ],
)
def test_names_are_encoded(name: str, written: str) -> None:
    assert query_of(sent(1, parameter("query", name))) == written


@pytest.mark.parametrize(
    "value",
    ["..", ".", "../x", "x/..", "..\\x", "%2e%2e", "%252e%252e/x", "a/../b", "..%2fx"],
)
@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
def test_a_path_stays_where_it_is(value: str, style: str) -> None:
    one = parameter("path", style=style, allow_reserved=True)
    try:
        written = segment_of(sent(value, one))
    except InvalidArguments:
        return
    assert style != "simple"  # and elsewhere a sign before it makes it a name like any other
    assert ".." not in written.lower().replace("%2e", ".").split("/")


@pytest.mark.parametrize("value", [None, [], {}])
def test_a_path_needs_a_value(value: Any) -> None:
    with pytest.raises(InvalidArguments, match="'it'"):
        sent(value, parameter("path"))


@pytest.mark.parametrize(
    ("place", "fields", "value"),
    [
        ("header", {}, "1\r\nX-Evil: 1"),
        ("header", {}, "1\n"),
        ("header", {}, "a\x00b"),
        ("header", {"name": "X Y"}, "1"),
        ("header", {"name": "X:\r\n"}, "1"),
        ("cookie", {"style": "cookie"}, "a; admin=1"),
        ("cookie", {"style": "cookie"}, "\u017e"),
        ("query", {}, "\ud800"),
        ("query", {}, float("inf")),
        ("query", {"media_type": "application/json"}, float("nan")),
    ],
)
def test_what_has_no_form_on_the_wire_is_refused(place: str, fields: Any, value: Any) -> None:
    with pytest.raises(InvalidArguments):
        sent(value, parameter(place, **fields))

"""Bodies by their media types: what is declared, what is encoded how, and files."""

import base64
import email
import email.policy
import json
from typing import Any, cast

import pytest

from domain.shared.errors import InvalidArguments
from plugins.openapi.operation import Content
from plugins.openapi.wire.media_types import preferred
from plugins.openapi.wire.requests import build_request
from tests.plugins.openapi.wire.operations import body_of, with_body

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"
PNG = b"\x89PNG\r\n\x1a\n\x00"
PNG64 = base64.b64encode(PNG).decode()
FILE = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}

Part = tuple[str | None, str | None, str | None, bytes]  # name, filename, content type, content


def content(media_type: str, schema: Any = None, **encoding: Any) -> Content:
    return Content(media_type, schema or {}, encoding)


def parts_of(one: Content, value: Any) -> list[Part]:
    """Read a body with a parser that knows nothing of the writer."""
    kind, body = body_of(one, value)
    message = email.message_from_bytes(
        f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=email.policy.HTTP
    )
    return [
        (
            cast("str | None", part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part["content-type"],
            cast("bytes", part.get_payload(decode=True)),
        )
        for part in message.iter_parts()
    ]


@pytest.mark.parametrize(
    ("media_type", "value", "kind", "body"),
    [
        ("application/json", {"a": [1, None], "b": "\u017e"}, None, '{"a":[1,null],"b":"\u017e"}'),
        ("application/json", "text", None, '"text"'),
        ("application/json; charset=utf-8", [], None, "[]"),
        ("application/merge-patch+json", {}, None, "{}"),
        ("application/x-ndjson", [{"a": 1}, 2], None, '{"a":1}\n2\n'),
        ("text/plain", "hello", None, "hello"),
        ("text/plain", "\u017e", "text/plain; charset=utf-8", "\u017e"),
        ("text/plain; charset=UTF-8", "\u017e", None, "\u017e"),
        ("text/csv", "a,b\n", None, "a,b\n"),
        ("application/xml", "<a>\u017e</a>", None, "<a>\u017e</a>"),
        ("application/octet-stream", "data:;base64,Ynl0ZXMh", None, "bytes!"),
        ("application/octet-stream", "Ynl0ZXMh", None, "Ynl0ZXMh"),  # a text, until told otherwise
        ("application/octet-stream", "test", None, "test"),
        ("application/octet-stream", "not base64!", None, "not base64!"),
        ("application/octet-stream", {"text": "abcd"}, None, "abcd"),
        ("image/png", f"data:image/png;base64,{base64.b64encode(b'png').decode()}", None, "png"),
        ("image/*", {"content": "cG5n", "media_type": "image/gif"}, "image/gif", "png"),
        ("image/*", {"content": "R0lGODk="}, "image/gif", "GIF89"),  # as it begins
        ("image/*", "data:image/webp;base64,cG5n", "image/webp", "png"),
        ("*/*", {"content": "JVBERi0="}, "application/pdf", "%PDF-"),
        ("*/*", {"a": 1}, "application/json", '{"a":1}'),
        ("*/*", "text", "text/plain", "text"),
        ("text/*", "text", "text/plain", "text"),
    ],
)
def test_a_body_is_written_as_its_media_type_says(
    media_type: str, value: Any, kind: str | None, body: str
) -> None:
    assert body_of(content(media_type), value) == (kind or media_type, body.encode())


@pytest.mark.parametrize(
    ("value", "encoding", "written"),
    [
        ({"id": "a b&c", "n": 3, "no": None}, {}, "id=a+b%26c&n=3"),
        ({"~*-._": "\u017e"}, {}, "~*-._=%C5%BE"),
        ({"tags": ["x", "y"]}, {}, "tags=x&tags=y"),
        ({"at": {"zip": "9+1"}}, {}, "at=%7B%22zip%22%3A%229%2B1%22%7D"),
        ({"t": ["x", "y"]}, {"t": {"style": "form", "explode": True}}, "t=x&t=y"),
        ({"t": ["x", "y"]}, {"t": {"explode": False}}, "t=x,y"),
        ({"t": ["x", "y"]}, {"t": {"style": "pipeDelimited"}}, "t=x%7Cy"),
        ({"t": {"a": [1]}}, {"t": {"style": "deepObject", "explode": True}}, "t%5Ba%5D%5B0%5D=1"),
        ({"t": {"a": 1}}, {"t": {"style": "form"}}, "a=1"),
        ({"t": "a/b"}, {"t": {"allowReserved": True}}, "t=a/b"),
        ({"t": "a"}, {"t": {"contentType": "application/json"}}, "t=%22a%22"),
        ({"t": [1, 2]}, {"t": {"contentType": "application/json"}}, "t=%5B1%2C2%5D"),
        ({"t": [1]}, {"t": {"contentType": "application/json", "style": "form"}}, "t=1"),
        ({"t": True, "u": []}, {}, "t=true"),
        ("already=there", {}, "already=there"),
    ],
)
def test_a_form_is_written_property_by_property(value: Any, encoding: Any, written: str) -> None:
    kind, body = body_of(Content(FORM, {}, encoding), value)
    assert (kind, body.decode()) == (FORM, written)


DEEP = {"t": {"style": "deepObject", "explode": True}}
INNER = {"properties": {"a": {"type": "array"}, "b": {}}, "required": ["b"]}


@pytest.mark.parametrize("media_type", [FORM, "multipart/form-data"])
@pytest.mark.parametrize(
    ("value", "encoding", "shape"),
    [
        ({"t": []}, {}, {"required": ["t"]}),
        ({"t": None}, {}, {"required": ["t"]}),
        ({"t": {}}, DEEP, {"required": ["t"]}),
        ({"t": {"b": []}}, DEEP, {"properties": {"t": INNER}}),
        ({"t": {"c": {}}}, DEEP, {"properties": {"t": INNER}}),  # nobody knows of it
    ],
)
def test_what_is_needed_is_not_lost_where_nothing_would_be_written(
    media_type: str, value: Any, encoding: Any, shape: Any
) -> None:
    with pytest.raises(InvalidArguments, match="is empty, and cannot be sent so"):
        body_of(Content(media_type, shape, encoding), value)


def test_what_may_be_left_out_is_where_nothing_would_be_written() -> None:
    shape = {"properties": {"t": INNER}}
    _, body = body_of(Content(FORM, shape, DEEP), {"t": {"a": [], "b": 1}})
    assert body == b"t%5Bb%5D=1"


def test_a_range_of_media_types_is_not_guessed() -> None:
    with pytest.raises(InvalidArguments, match="say which by a data: URL"):
        body_of(content("image/*"), "unknown")


@pytest.mark.parametrize("shape", [{"format": "byte"}, {"contentEncoding": "base64"}])
def test_a_body_that_is_base64_by_its_schema_stays_so(shape: Any) -> None:
    told = {"type": "string", **shape}
    assert body_of(Content("image/jpeg", told), "cG5n") == ("image/jpeg", b"cG5n")


def test_parts_are_written_property_by_property() -> None:
    value = {
        "id": "x y",
        "n": 3,
        "meta": {"a": 1},
        "tags": ["a", "b"],
        "objects": [{"a": 1}, {"b": 2}],
        "no": None,
        "xml": "<a/>",
        "list": [1, 2],
    }
    one = content(
        PARTS,
        xml={"contentType": "application/xml, text/xml"},
        list={"contentType": "application/json"},
    )
    assert parts_of(one, value) == [
        ("id", None, None, b"x y"),
        ("n", None, None, b"3"),
        ("meta", None, "application/json", b'{"a":1}'),
        ("tags", None, None, b"a"),
        ("tags", None, None, b"b"),
        ("objects", None, "application/json", b'{"a":1}'),
        ("objects", None, "application/json", b'{"b":2}'),
        ("xml", None, "application/xml", b"<a/>"),
        ("list", None, "application/json", b"[1,2]"),
    ]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (PNG64, ("file", "file", "application/octet-stream", PNG64.encode())),
        (f"data:image/png;base64,{PNG64}", ("file", "file", "image/png", PNG)),
        (f"data:image/png;name=a%20b.png;base64,{PNG64}", ("file", "a b.png", "image/png", PNG)),
        (
            {"content": PNG64, "filename": "a.png", "media_type": "image/png"},
            ("file", "a.png", "image/png", PNG),
        ),
        ({"text": "a,b"}, ("file", "file", "application/octet-stream", b"a,b")),
        ("plain words", ("file", "file", "application/octet-stream", b"plain words")),
        (
            {"text": "", "filename": 'a"\r\nX: y'},
            ("file", "a%22%0D%0AX: y", "application/octet-stream", b""),
        ),
    ],
)
def test_a_file_is_a_part_with_a_name_and_a_type(value: Any, part: Part) -> None:
    assert parts_of(content(PARTS, FILE), {"file": value}) == [part]


def test_an_object_that_looks_like_a_file_is_none_where_objects_are_wanted() -> None:
    schema = {"properties": {"note": {"type": "object"}}}
    (part,) = parts_of(content(PARTS, schema), {"note": {"text": "hi"}})
    assert part == ("note", None, "application/json", b'{"text":"hi"}')


def test_files_are_told_by_every_versions_words() -> None:
    for schema in (
        {"type": "file"},
        {"contentMediaType": "image/png"},
        {"type": "string", "format": "binary"},
    ):
        several = {"properties": {"f": {"type": "array", "items": schema}}}
        url = f"data:;base64,{PNG64}"
        found = parts_of(content(PARTS, several), {"f": [url, url]})
        assert [part[3] for part in found] == [PNG, PNG]
    encoded = {"properties": {"f": {"type": "string", "contentEncoding": "base64"}}}
    assert parts_of(content(PARTS, encoded), {"f": PNG64}) == [("f", None, None, PNG64.encode())]


@pytest.mark.parametrize(
    ("encoding", "value", "parts"),
    [
        ({"explode": True}, ["a b", "c"], [("t", b"a b"), ("t", b"c")]),
        ({"explode": False}, ["a b", "c"], [("t", b"a b,c")]),
        ({"style": "pipeDelimited"}, ["a", "c"], [("t", b"a|c")]),
        ({"style": "form"}, {"a": "b c"}, [("a", b"b c")]),
        ({"style": "deepObject"}, {"a": {"b": "c d"}}, [("t[a][b]", b"c d")]),
    ],
)
def test_parts_in_a_style_are_not_percent_encoded(
    encoding: Any, value: Any, parts: list[tuple[str, bytes]]
) -> None:
    found = parts_of(content(PARTS, t=encoding), {"t": value})
    assert [(name, data) for name, _, _, data in found] == parts


def test_a_list_of_parts_has_no_names() -> None:
    found = parts_of(content("multipart/mixed"), [{"a": 1}, "text"])
    assert found == [(None, None, "application/json", b'{"a":1}'), (None, None, None, b"text")]


@pytest.mark.parametrize(
    ("media_types", "chosen"),
    [
        (["text/xml", "application/json"], "application/json"),
        ([FORM, "application/vnd.api+json"], "application/vnd.api+json"),
        (["image/png", PARTS, FORM], FORM),
        (["application/xml", "*/*"], "*/*"),
        (["application/a", "application/b"], "application/a"),
    ],
)
def test_the_most_certain_form_is_taken(media_types: list[str], chosen: str) -> None:
    assert preferred([content(each) for each in media_types]).media_type == chosen


def test_another_form_can_be_asked_for() -> None:
    contents = [content("application/json"), content("text/*"), content(FORM)]
    assert body_of(contents, {"a": 1}, FORM) == (FORM, b"a=1")
    assert body_of(contents, "a", "text/csv") == ("text/csv", b"a")
    with pytest.raises(InvalidArguments, match=r"application/json, text/\*"):
        body_of(contents, {}, "image/png")


def test_no_body_is_sent_where_none_is_given() -> None:
    one = content("application/json")
    for given in ({}, {"body": None}):
        request = build_request(with_body(one, required=False), given)
        assert (request.body, request.header("content-type")) == (b"", None)
    with pytest.raises(InvalidArguments, match="'body' is missing"):
        build_request(with_body(one), {})
    assert json.loads(build_request(with_body(one), {"body": None}).body) is None


@pytest.mark.parametrize(
    ("media_type", "value"),
    [
        (FORM, [1]),
        (PARTS, "text"),
        (PARTS, {"f": {"content": "no base64!"}}),
        (PARTS, {"f": {"text": "", "media_type": "a/b\r\nX: y"}}),
        ("application/xml", {"a": 1}),
        ("application/json", {"a": float("nan")}),
        ("text/plain", "\udcff"),
    ],
)
def test_what_has_no_form_is_refused(media_type: str, value: Any) -> None:
    with pytest.raises(InvalidArguments):
        body_of(content(media_type), value)

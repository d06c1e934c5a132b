"""What an API answered, as a result or as words for the model."""

import json
from typing import Any

import pytest

from domain.shared.errors import ToolFailed
from domain.shared.json_values import DEPTH
from domain.tools.artifacts import Artifact
from domain.tools.secrets import Secrets
from domain.web.ports import WebResponse
from plugins.openapi.wire.answers import ERROR_LENGTH, result_of
from plugins.openapi.wire.charsets import _LABELS
from tests.plugins.openapi.wire.operations import operation

URL = "https://api.example/v1/files/a%20b.png?x=y"


def answer(status: int = 200, body: bytes = b"", **headers: str) -> WebResponse:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return WebResponse(status, named, body, URL)


@pytest.mark.parametrize(
    ("kind", "body", "result"),
    [
        ("application/json", b'{"a": 9007199254740993}', {"a": 9007199254740993}),
        ("application/problem+json; charset=utf-8", b"\xef\xbb\xbf[1.0]", [1.0]),
        ("", b'{"a": 1}', {"a": 1}),
        ("", b"words", "words"),
        ("application/json", b"<html>", "<html>"),  # it says so, and is not
        ("application/json", b"NaN", "NaN"),
        ("application/json", b'["\\u0000", 18446744073709551616]', ["\ufffd", 2**64]),
        ("application/json", b"[1" + b"0" * 2000 + b"]", "[1" + "0" * 2000 + "]"),
        ("application/json", b"[" * 100_000, "[" * 100_000),
        ("text/html; charset=ISO-8859-1", b"\xe9", "\u00e9"),
        ('text/plain; title="charset=ascii"; charset=ISO-8859-1', b"\xe9", "\u00e9"),
        ("text/plain; charset=none-such", b"a\xff", "a\ufffd"),
        ("application/json; charset=ISO-8859-1", b'{"a": "\xe9"}', {"a": "\u00e9"}),
        ("application/json; charset=utf-16", '{"a": "\u00e9"}'.encode("utf-16"), {"a": "\u00e9"}),
        ("application/json; charset=UTF-16LE", '"\u00e9"'.encode("utf-16-le"), "\u00e9"),
        ('application/json; charset="Shift_JIS"', '["\u65e5"]'.encode("shift_jis"), ["\u65e5"]),
        ("application/json", '{"a": "\u00e9"}'.encode("utf-16"), {"a": "\u00e9"}),
        ("application/json; charset=utf-16", b'{"a": 1}', {"a": 1}),  # it is not what it declares
        ("application/json; charset=us-ascii", b'"\xc3\xa9"', "\u00e9"),
        ("text/plain; charset=windows-1252", b"\x80", "\u20ac"),
        ("application/xml", b"<a/>", "<a/>"),
        ("text/csv", b"a,b", "a,b"),
        ("application/x-ndjson", b'{"a":1}\n', '{"a":1}\n'),
    ],
)
def test_json_and_text_are_results_as_they_are(kind: str, body: bytes, result: Any) -> None:
    response = answer(200, body, content_type=kind) if kind else answer(200, body)
    assert result_of(operation(), response) == result


@pytest.mark.parametrize("depth", [DEPTH + 1, 300, 700])
@pytest.mark.parametrize("status", [200, 500])
async def test_a_deep_answer_is_read_and_its_secrets_are_hidden(depth: int, status: int) -> None:
    body = b"[" * depth + b'"a long secret"' + b"]" * depth
    secrets = Secrets({"token": "a long secret"})
    try:
        told = secrets.hide_in(result_of(operation(), answer(status, body)))
    except ToolFailed as error:
        told = secrets.hide_in(error.details)
    assert "a long secret" not in json.dumps(told)


@pytest.mark.parametrize(
    "codec",
    ["punycode", "idna", "utf-7", "zip", "hex", "rot13", "unicode_escape", "raw-unicode-escape"],
)
def test_codecs_of_python_that_are_no_charsets_are_not_used(codec: str) -> None:
    for kind in ("text/plain", "application/json"):
        response = answer(200, b"a\\u0041-+AEE-", content_type=f"{kind}; charset={codec}")
        assert result_of(operation(), response) == "a\\u0041-+AEE-"


def test_every_charset_of_the_list_is_one() -> None:
    assert all("~".encode(codec).decode(codec) == "~" for codec in set(_LABELS.values()))


@pytest.mark.parametrize(
    ("headers", "media_type", "name"),
    [
        ({"content_type": "image/png"}, "image/png", "a b.png"),
        ({"content_type": "no type"}, "application/octet-stream", "a b.png"),
        ({}, "application/octet-stream", "a b.png"),
        (
            {
                "content_type": "image/png",
                "content_disposition": 'attachment; filename="../x\x01y.png"',
            },
            "image/png",
            ".._x_y.png",
        ),
        (
            {"content_disposition": "inline; filename=a.txt; filename*=UTF-8''%e2%82%ac.txt"},
            "application/octet-stream",
            "€.txt",
        ),
        (
            {"content_disposition": "inline; filename*=iso-8859-1'en'%A3.txt; filename=a.txt"},
            "application/octet-stream",
            "£.txt",
        ),
        (
            {"content_disposition": "attachment; filename*=UTF-8''..%2F%FFx; filename=a.txt"},
            "application/octet-stream",
            ".._\ufffdx",
        ),
        (
            {"content_disposition": "attachment; filename*=punycode''abc; filename=a.txt"},
            "application/octet-stream",
            "a.txt",
        ),
    ],
)
def test_the_rest_is_an_artifact(headers: dict[str, str], media_type: str, name: str) -> None:
    found = result_of(operation(), answer(200, b"\x89\xff\x00", **headers))
    assert found == Artifact(b"\x89\xff\x00", media_type, name)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a;b.txt"', "a;b.txt"),
        (r'attachment; filename="a\"b.txt"', 'a"b.txt'),
        ('attachment; title="a; filename=no.txt"; filename="a.txt"', "a.txt"),
        ('attachment; title="filename=no"; FileName = a.txt ', "a.txt"),
        ("attachment; filename=a b.txt", "a b.txt"),
        ("attachment; filename=a.txt; filename=b.txt", "a.txt"),
        ("filename=a.txt", "a.txt"),
        ('attachment; filename="a.txt"; filename*="UTF-8\'\'%e2%82%ac.txt"', "€.txt"),
        ("attachment; nofilename=a.txt", "a b.png"),
        ('attachment; filename=""', "a b.png"),
        ('attachment; filename="', "a b.png"),
        ("attachment", "a b.png"),
    ],
)
def test_a_file_has_the_name_that_its_header_gives_it(disposition: str, name: str) -> None:
    found = result_of(operation(), answer(200, b"\x89\xff\x00", content_disposition=disposition))
    assert found.name == name


def test_an_answer_without_a_body_says_what_it_says() -> None:
    assert result_of(operation(), answer(204)) == {"status": 204}
    created = answer(201, location="/v1/pets/7")
    assert result_of(operation(), created) == {"status": 201, "location": "/v1/pets/7"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"code": 7, "message": "no such pet"}}, "no such pet"),
        ({"error": "no such pet"}, "no such pet"),
        ({"message": "no such pet"}, "no such pet"),
        ({"title": "Not found", "detail": "no such pet"}, "no such pet"),
        ({"errors": [{"message": "no such"}, {"message": "pet"}]}, "no such; pet"),
        ({"error": "invalid", "error_description": "no such pet"}, "no such pet"),
        (["no such pet"], "no such pet"),
        ({"code": 7}, '{"code": 7}'),
    ],
)
def test_an_error_tells_the_model_the_status_and_the_apis_words(body: Any, words: str) -> None:
    response = answer(404, json.dumps(body).encode(), content_type="application/json")
    with pytest.raises(ToolFailed) as caught:
        result_of(operation(path="/pets"), response)
    assert caught.value.message == f"GET /pets answered 404 Not Found: {words}"
    assert caught.value.details == {"status": 404, "error": json.dumps(body)}


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (answer(500), "GET /pets answered 500 Internal Server Error."),
        (answer(599, b"oh", content_type="text/plain"), "GET /pets answered 599: oh"),
        (
            answer(502, b"\xff", content_type="image/png"),
            "GET /pets answered 502 Bad Gateway: (binary)",
        ),
    ],
)
def test_an_error_without_json_is_told_too(response: WebResponse, message: str) -> None:
    with pytest.raises(ToolFailed) as caught:
        result_of(operation(path="/pets"), response)
    assert caught.value.message == message


def test_a_long_error_is_cut_and_says_when_to_come_back() -> None:
    with pytest.raises(ToolFailed) as caught:
        result_of(operation(), answer(429, b"x" * 9000, content_type="text/html", retry_after="7"))
    assert len(caught.value.details["error"]) < ERROR_LENGTH + 10
    assert caught.value.details["retry-after"] == "7"

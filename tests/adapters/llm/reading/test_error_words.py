"""Words of errors, in the forms that gateways and servers write."""

import json
from typing import Any

import pytest
from hypothesis import given

from adapters.llm.reading.error_words import redacted, words_of, words_of_body
from tests.adapters.llm.json_values import json_of

KEYS = ["error", "message", "detail", "errors", "code", "type", "loc", "metadata", "param", "odd"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"error": {"message": "a", "metadata": {"raw": '{"error":{"message":"b"}}'}}}, "a; b"),
        ({"errors": {"messages": ["too long"]}}, "too long"),
        ({"odd": {"odder": "too long"}}, "too long"),
        ({"error": {"code": 400, "message": ""}, "message": "too long"}, "too long"),
        ({"message": {"detail": [{"msg": "a"}, {"msg": "a"}]}}, "a"),
        ({"error": {"innererror": {"message": "deep"}}}, "deep"),
        ({"message": "line\n one\ttwo\0"}, "line one two\ufffd"),
        ({"error": True}, ""),
        (7, ""),
    ],
)
def test_finds_the_words(value: Any, message: str) -> None:
    assert words_of(value).message == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"upstream is away", "upstream is away"),
        (b"<html><title>502 Bad Gateway</title><p>nginx", "502 Bad Gateway"),
        (b"<html><p>nothing", ""),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"a":' * 50_000, '{"a":' * 400),
    ],
)
def test_finds_the_words_of_any_body(body: bytes, message: str) -> None:
    assert words_of_body(body).message == message


def test_words_are_bounded() -> None:
    many = {"errors": [{"message": f"{n} " + "x " * 10_000} for n in range(100)]}
    assert len(words_of(many).message) <= 2000


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Incorrect API key provided: sk-wi***ret.", "Incorrect API key provided: ***"),
        ("the key parameter is wrong", "the key parameter is wrong"),
        ("key=abcdef123", "***"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: ***"),
        ("no model gpt-5-mini-2026-08-07", "no model gpt-5-mini-2026-08-07"),
        ("token 0123456789abcdef0123456789abcdef", "token ***"),
    ],
)
def test_stars_out_what_looks_like_a_key(words: str, shown: str) -> None:
    assert redacted(words) == shown


@given(json_of(KEYS))
def test_reads_any_json(value: Any) -> None:
    for words in (words_of(value), words_of_body(json.dumps(value).encode())):
        assert isinstance(words.message, str)
        assert all(isinstance(each, str) for each in (*words.codes, *words.fields))

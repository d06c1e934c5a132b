"""Arguments of calls, as models and their servers write them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.execution.tool_calls import read_arguments
from domain.shared.errors import InvalidArguments

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
OBJECTS = st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=3)
NOTHINGS = ["", " \n\t", "null", " null ", "{}", "{}{}", '""', '"null"', '"{}"']


@pytest.mark.parametrize("text", NOTHINGS)
def test_what_says_nothing_is_no_arguments(text: str) -> None:
    assert read_arguments(text) == {}


@given(OBJECTS)
def test_an_object_is_read_however_it_is_wrapped(value: dict[str, Any]) -> None:
    written = json.dumps(value)
    forms = [written, f" {written}\n", json.dumps(written), written * 2, f"{{}}{written}"]
    forms += [f"null{written}", f"{written}\n{written}\n{written}", json.dumps(written * 2)]
    for form in forms:
        assert read_arguments(form) == value


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}{"a": 2}',
        '{"a": 1} and so on',
        json.dumps(json.dumps(json.dumps({"a": 1}))),
        "[1]",
        "7",
        '{"a": NaN}',
        '{"a":1}' * 9,
        "{}" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    with pytest.raises(InvalidArguments):
        read_arguments(text)

"""The door for values from outside."""

import json
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.json_text import is_larger, written
from domain.shared.json_values import (
    DEPTH,
    DIGITS,
    NotPlain,
    TooLarge,
    as_text,
    error_text,
    normalized,
    refused,
    require_json,
    require_shallow,
    storable,
)
from tests.fakes.oddities import ANYTHING, Mute, nested

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)


def deep(value: Any) -> int:
    """Return how many lists and objects stand in each other."""
    inside = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(map(deep, inside), default=0) if isinstance(value, dict | list) else 0


@given(JSON)
def test_any_json_comes_out_as_json_that_everybody_reads(value: Any) -> None:
    plain = normalized(value, other=refused)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
    assert text.encode()
    assert "\\u0000" not in text.replace("\\\\", "")
    assert json.loads(text) == plain
    assert normalized(plain, other=refused) == plain


@given(ANYTHING)
def test_any_object_comes_out_or_is_refused(value: Any) -> None:
    try:
        plain = normalized(value, size=10_000)
    except ValueError:
        return
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert deep(plain) <= DEPTH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ñ \U0001f600", "ñ \U0001f600"),
        ("a\0b", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),  # two halves that stand together are one character
        ("\ud83d-\ude00\ud83d", "\ufffd-\ufffd\ufffd"),
    ],
)
def test_text_that_can_be_stored(text: str, expected: str) -> None:
    assert storable(text) == expected
    assert storable(expected) is expected


@pytest.mark.parametrize("kind", ["[", "{"])
def test_what_is_nested_deeper_stands_as_its_text(kind: str) -> None:
    assert normalized(nested(kind, DEPTH)) == nested(kind, DEPTH)
    plain = normalized(nested(kind, DEPTH + 3))
    assert deep(plain) == DEPTH
    while isinstance(plain, dict | list):
        plain = plain["a"] if isinstance(plain, dict) else plain[0]
    assert json.loads(plain) == nested(kind, 3)


def test_what_is_nested_beyond_all_bounds_is_refused() -> None:
    looped: list[Any] = []
    looped += [looped, looped]
    for value in (nested("[", 100_000), looped):
        with pytest.raises(ValueError, match="nested too deep"):
            normalized(value)
        with pytest.raises(ValueError, match="levels deep"):
            require_shallow(value)


def test_shared_parts_are_bounded_by_their_size() -> None:
    bomb: list[Any] = ["ha"] * 10
    for _ in range(30):
        bomb = [bomb] * 10
    with pytest.raises(TooLarge):
        normalized(bomb, size=100_000)
    require_shallow(bomb)


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


class Word(StrEnum):
    YES = "y"


class Loud(str):
    """A text that says something else when it is asked."""

    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


class Silent:
    """An object that cannot say what it is."""

    def __repr__(self) -> str:
        raise KeyboardInterrupt


class Sly(dict[str, Any]):
    """A dict that shows something else than it holds."""

    def items(self) -> Any:
        raise SystemExit


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, {2}), [1, [2]]),
        (Colour.RED, "red"),
        ([Size.SMALL, Word.YES], [1, "y"]),
        (Decimal("1.50"), "1.50"),
        (PurePosixPath("/a"), "/a"),
        (b"abc", "(3 bytes)"),
        (ValueError("no"), "ValueError: no"),
        ([float("nan"), float("-inf")], ["nan", "-inf"]),
        ({1: 2, None: 3, (1, 2): 4, "\0": 5}, {"1": 2, "null": 3, "[1, 2]": 4, "\ufffd": 5}),
        (Loud("a"), "a"),
        (Sly(a=1), {"a": 1}),
        (Mute(), "Mute"),
        (Silent(), "(Silent that cannot say what it is)"),
        ([2**64, -(2**200)], [2**64, -(2**200)]),
    ],
)
def test_objects_stand_as_what_they_say(value: object, expected: object) -> None:
    assert normalized(value) == expected


def test_only_json_can_be_asked_for() -> None:
    with pytest.raises(NotPlain, match="Decimal"):
        normalized([Decimal(1)], other=refused)


def test_integers_keep_their_digits_up_to_a_bound() -> None:
    whole = int("9" * DIGITS)
    assert normalized(whole) == whole
    with pytest.raises(ValueError, match="1,000 digits"):
        normalized(10 ** (2 * DIGITS))


def test_no_part_of_a_secret_is_left_where_an_error_is_cut() -> None:
    secret = "s" * 2_000
    text = error_text(ValueError(f"x{secret}"), lambda said: said.replace(secret, "***"))
    assert text == "ValueError: x***"
    assert len(error_text(ValueError("x" * 10**6))) < 1100
    assert error_text(Mute()) == "Mute"
    assert len(as_text("x" * 10**6)) < 1100


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (nested("{", DEPTH + 1), "levels deep"),
        ([float("inf")], "beyond what numbers"),
        ([10**5000], "digits"),
    ],
)
def test_what_is_to_be_acted_on_is_not_changed_but_refused(value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        require_json(value)


def test_what_is_to_be_acted_on_keeps_its_digits() -> None:
    assert require_json({"a": [2**64, 1.5, "\0"]}) == {"a": [2**64, 1.5, "\ufffd"]}


@given(JSON)
def test_a_value_is_written_as_json_writes_it(value: Any) -> None:
    plain = normalized(value)
    assert written(plain) == json.dumps(plain, ensure_ascii=False)


@given(JSON, st.integers(0, 200))
def test_a_value_is_larger_than_what_is_less_than_its_text(value: Any, size: int) -> None:
    plain = normalized(value)
    if is_larger(plain, size):
        assert len(written(plain)) > size // 2
    else:
        assert len(written(plain)) <= 40 * (size + 1)

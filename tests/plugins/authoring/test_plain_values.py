"""Long lists are copied by a library in C, and come out as if Python had looked at each item."""

import math
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.json_values import DEPTH, TooLarge, normalized
from plugins.authoring.plain_values import MOST_VALUES, plain_copy
from tests.domain.shared.test_json_values import JSON, Colour, Loud, Size, Sly
from tests.fakes.oddities import ANYTHING, nested

ROW = {"id": 7, "name": "ñ \U0001f600", "price": 1.5, "tags": ["a", ("b", None)], "on": True}


def outcome(value: Any, size: int, **options: Any) -> str:
    try:
        return repr(normalized(value, size=size, **options))
    except ValueError as error:
        return repr(error)


@given(st.lists(JSON | ANYTHING, min_size=1, max_size=4), st.integers(0, 60_000))
def test_a_long_list_comes_out_as_if_each_item_had_been_looked_at(
    some: list[Any], size: int
) -> None:
    items = some * 80
    assert outcome(items, size, copy=plain_copy) == outcome(items, size)


@pytest.mark.parametrize(
    "odd",
    [
        math.nan,
        2**64,
        "\0",
        "\ud800",
        "\ud83d\ude00",
        r"\u0000",
        {1: 2},
        {"\0": 1},
        {2},
        b"x",
        Colour.RED,
        Size.SMALL,
        Loud("a"),
        Sly(a=1),
        UUID(int=1),
        nested("[", DEPTH - 1),
        nested("{", DEPTH),
        nested("[", 252),
    ],
)
def test_one_odd_item_among_many_is_found(odd: Any) -> None:
    items = [*[ROW] * 1_500, {"odd": odd}, *[ROW] * 1_500]
    assert repr(normalized(items, copy=plain_copy)) == repr(normalized(items))


def test_what_comes_out_is_the_callers_own() -> None:
    row = {"a": [1]}
    found = normalized([row] * 100, copy=plain_copy)
    row["a"].append(2)
    assert found == [{"a": [1]}] * 100


def test_only_slices_of_bounded_size_go_to_c_and_all_the_others_do() -> None:
    asked: list[int] = []
    copied: list[int] = []

    def copy(items: Any, depth: int) -> tuple[list[Any], int] | None:
        asked.append(len(items))
        found = plain_copy(items, depth)
        if found is not None:
            copied.append(len(items))
        return found

    rows = [dict(ROW) for _ in range(2_500)]
    assert normalized({"rows": rows}, copy=copy, other=_never)["rows"][-1]["id"] == 7
    assert copied == asked == [1_000, 1_000, 500]

    asked.clear()
    copied.clear()
    wide = [list(range(900))] * (MOST_VALUES // 900 * 4)  # its lists go one by one
    assert normalized(wide, copy=copy, other=_never) == wide
    assert copied == [900] * len(wide)


def _never(value: Any) -> Any:
    raise AssertionError(value)


def bomb() -> list[Any]:
    held: list[Any] = ["ha"] * 100
    for _ in range(30):
        held = [held] * 100
    return held


@pytest.mark.parametrize("make", [bomb, lambda: ["x" * 10_000] * 900])
def test_what_is_shared_counts_as_often_as_it_stands_there(make: Callable[[], Any]) -> None:
    with pytest.raises(TooLarge):
        normalized(make(), size=100_000, copy=plain_copy)

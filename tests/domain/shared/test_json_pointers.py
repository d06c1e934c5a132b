"""JSON Pointers, there and back, and what stands at them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.json_pointers import join, split, value_at

TREE: dict[str, Any] = {"a/b": {"~": [7, {"c d": True}]}, "": 8, "9": 9}


@given(st.lists(st.text().filter(lambda text: "%" not in text)))
def test_steps_are_the_same_after_a_pointer(steps: list[str]) -> None:
    assert split(join(*steps)) == steps


@pytest.mark.parametrize(
    ("fragment", "value"),
    [
        ("", TREE),
        ("/", 8),
        ("/9", 9),
        ("/a~1b/~0/0", 7),
        ("/a~1b/~0/1/c%20d", True),
        ("/a~1b/~0/2", None),
        ("/a~1b/~0/-1", None),
        ("/a~1b/~0/" + "9" * 5_000, None),
        ("/a~1b/~0/²", None),
        ("/a~1b/~0/0/x", None),
        ("a~1b", None),
    ],
)
def test_what_stands_at_a_pointer_is_found(fragment: str, value: Any) -> None:
    assert value_at(TREE, fragment) == value

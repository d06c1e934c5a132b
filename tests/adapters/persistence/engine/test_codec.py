"""How values are written, and the cursors of lists."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.persistence.engine.codec import from_text, storable, to_text
from domain.shared.errors import InvalidRequest
from domain.shared.list_cursors import (
    read_number,
    read_place,
    write_number,
    write_place,
)
from tests.adapters.persistence.stores import UNKNOWN

any_text = st.text(st.characters())
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: st.lists(inner) | st.dictionaries(any_text, inner),
    max_leaves=20,
)


@given(json_values)
def test_any_json_value_comes_back_exactly(value: object) -> None:
    written = to_text(value)

    assert "\0" not in written
    written.encode()
    assert from_text(written) == value


@given(any_text)
def test_storable_text_is_as_close_as_can_be(text: str) -> None:
    kept = storable(text)

    assert "\0" not in kept
    kept.encode()
    assert storable(kept) == kept
    expected = [c if "\0" < c < "\ud800" or c > "\udfff" else "\ufffd" for c in text]
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert kept == "".join(expected)


@given(st.integers(0, 2**55))
def test_a_place_comes_back_exactly(microseconds: int) -> None:
    at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
    assert read_place("users", write_place("users", at, UNKNOWN)) == (at, UNKNOWN)


@given(st.integers(1, 16**7 - 1))
def test_a_number_comes_back_exactly(number: int) -> None:
    assert read_number("messages", write_number("messages", number)) == number


@given(any_text | st.from_regex(r"[mu][0-9a-fA-F]{0,50}", fullmatch=True))
def test_any_other_text_is_refused(text: str) -> None:
    with suppress(InvalidRequest):
        assert write_place("users", *read_place("users", text)) == text
    with suppress(InvalidRequest):
        assert write_number("messages", read_number("messages", text)) == text


def test_a_cursor_of_one_list_is_none_of_another() -> None:
    place = write_place("users", datetime(2026, 1, 1, tzinfo=UTC), UNKNOWN)

    with pytest.raises(InvalidRequest):
        read_place("conversations", place)
    with pytest.raises(InvalidRequest):
        read_number("users", place)

"""How values are written, and the cursors of lists."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.persistence.codec import from_text, storable, to_text
from adapters.persistence.keys import read_number, read_place, write_number, write_place
from domain.errors import InvalidRequest
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
def test_any_json_value_comes_back_exactly(value: object):
    written = to_text(value)

    assert "\0" not in written
    written.encode()
    assert from_text(written) == value


@given(any_text)
def test_storable_text_is_as_close_as_can_be(text: str):
    kept = storable(text)

    assert "\0" not in kept
    kept.encode()
    assert storable(kept) == kept
    expected = [c if "\0" < c < "\ud800" or c > "\udfff" else "\ufffd" for c in text]
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert kept == "".join(expected)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_place_comes_back_exactly(at: datetime):
    assert read_place("users", write_place("users", at, UNKNOWN)) == (at, UNKNOWN)


@given(st.integers(1, 2**31 - 1))
def test_a_number_comes_back_exactly(number: int):
    assert read_number("messages", write_number("messages", number)) == number


@given(any_text | st.from_regex(r"[A-Za-z0-9_-]{0,60}", fullmatch=True))
def test_nothing_else_is_a_cursor(text: str):
    with pytest.raises(InvalidRequest):
        read_place("users", text)
    with pytest.raises(InvalidRequest):
        read_number("messages", text)


def test_a_cursor_of_one_list_is_none_of_another():
    place = write_place("users", datetime(2026, 1, 1, tzinfo=UTC), UNKNOWN)

    with pytest.raises(InvalidRequest):
        read_place("conversations", place)
    with pytest.raises(InvalidRequest):
        read_number("users", place)


@pytest.mark.parametrize("number", [0, -1, 2**31])
def test_a_number_beyond_the_column_is_no_cursor(number: int):
    with pytest.raises(InvalidRequest):
        read_number("messages", write_number("messages", number))

"""Cursors name attempt and number, and are refused when they are not ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.runs.cursors import Cursor, read_cursor, write_cursor
from domain.shared.errors import InvalidRequest
from domain.shared.ids import new_id

NUMBERS = st.integers(1, 999_999_999)


@given(NUMBERS, NUMBERS)
def test_what_is_written_is_read_back(attempt: int, number: int) -> None:
    run_id = new_id()
    assert read_cursor(run_id, write_cursor(run_id, attempt, number)) == Cursor(attempt, number)


def test_another_runs_cursor_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="another run"):
        read_cursor(new_id(), write_cursor(new_id(), 1, 1))


@given(st.text())
@pytest.mark.parametrize("prefix", ["", "0123456789ab-1-"])
def test_anything_else_is_refused_clearly(prefix: str, text: str) -> None:
    try:
        read_cursor("01900000-0000-7000-8000-0123456789ab", prefix + text)
    except InvalidRequest as error:
        assert error.details["fields"][0]["path"] == "after"

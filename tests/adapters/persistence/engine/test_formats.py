"""The forms of what is stored as JSON."""

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import adapters.persistence
from adapters.persistence.engine.formats import Format, as_stored
from adapters.persistence.runs.event_bodies import UNREADABLE, read_so_many
from tests.adapters.persistence.engine.test_codec import json_values

FIRST = Format()
SECOND = Format(lambda name: {"name": name})
THIRD = Format(lambda name: {"name": name}, lambda told: told | {"age": None})


@given(json_values)
def test_any_value_comes_back_in_every_form(value: object) -> None:
    for form in (FIRST, SECOND, THIRD):
        assert form.read(form.write(value)) == value


@given(json_values)
def test_a_value_without_a_number_is_of_the_first_form(value: object) -> None:
    assert SECOND.read(FIRST.write(value)) == {"name": value}
    assert THIRD.read(FIRST.write(value)) == {"name": value, "age": None}


def test_any_form_can_be_shown_as_it_was_written() -> None:
    assert as_stored(THIRD.write({"name": "Ada"})) == {"name": "Ada"}
    assert as_stored(FIRST.write([1])) == [1]
    assert as_stored("2: no JSON") == "2: no JSON"


def test_what_was_written_in_between_is_brought_up_from_there() -> None:
    assert THIRD.read(SECOND.write({"name": "Ada"})) == {"name": "Ada", "age": None}


def test_the_first_form_is_the_bare_json_and_others_are_numbered() -> None:
    assert FIRST.write({"a": 1}) == '{"a":1}'
    assert SECOND.write({"a": 1}) == '2:{"a":1}'
    assert SECOND.write({"a": 2**70}).startswith("2: {")


def test_what_a_newer_version_wrote_is_told_as_that() -> None:
    with pytest.raises(ValueError, match="newer version wrote it: form 3, and 2 is ours"):
        SECOND.read(THIRD.write({}))


def test_a_row_of_a_newer_version_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    nothing: dict[str, Any] = {"unreadable": "here"}
    assert FIRST.readable(SECOND.write({}), nothing) == nothing
    assert "newer version" in caplog.text
    assert list(read_so_many(THIRD.write([]), 2)) == [UNREADABLE] * 2


def test_whatever_is_stored_as_json_has_a_form() -> None:
    """JSON is written and read by a `Format` alone, but for migrations of what had none."""
    allowed = {"codec", "formats", "unpacked_versions", "id_lists"}
    (room,) = adapters.persistence.__path__
    for file in Path(room).glob("**/*.py"):
        if file.stem in allowed or "migrations" in file.parts:
            continue
        names = {
            name.name
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert not names & {"json", "orjson", "to_text", "from_text"}, file

"""Objects are found in JSON that is not decoded."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.routes.learned_apis.undecoded import objects_inside, replaced

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\{}[]:,é\n '),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(alphabet='ab"\\{}'), inner, max_size=4)
    ),
)


@given(st.dictionaries(st.text(alphabet='ab"\\{}'), VALUES), st.sampled_from([None, 1]))
def test_the_objects_inside_an_object_are_found(value: dict[str, Any], indent: int | None) -> None:
    body = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    parts = list(objects_inside(body))

    assert [json.loads(body[part]) for part in parts] == [
        each for member in value.values() for each in outermost(member)
    ]
    emptied = json.loads(replaced(body, parts, b"{}"))
    assert emptied == {name: without_contents(member) for name, member in value.items()}


def outermost(value: Any) -> Iterator[dict[str, Any]]:
    match value:
        case dict():
            yield value
        case list():
            for each in value:
                yield from outermost(each)


def without_contents(value: Any) -> Any:
    match value:
        case dict():
            return {}
        case list():
            return [without_contents(each) for each in value]
    return value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b'{"a": {"b": "',
        b'{"a": "' + b"\\\\" * 1_000_000,
        b'"' * 1_000_001,
        b"{" * 100_000,
        b"}" * 100_000,
    ],
)
def test_in_what_is_no_json_nothing_is_found(body: bytes) -> None:
    assert not list(objects_inside(body))

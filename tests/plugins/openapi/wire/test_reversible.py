"""What is written can be read again, by decoders that know nothing of the writer."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.shared.errors import InvalidArguments
from plugins.openapi.operation import Content
from tests.plugins.openapi.wire.operations import body_of, parameter, query_of, segment_of, sent

texts = st.text(st.characters(exclude_categories=["Cs"]))
some = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
lists = st.lists(texts, min_size=1, max_size=5)
objects = st.dictionaries(some, texts, min_size=1, max_size=5)
trees = st.recursive(
    some,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(some, inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@given(objects)
def test_an_exploded_object(value: dict[str, str]) -> None:
    query = query_of(sent(value, parameter("query"))) or ""
    assert parse_qsl(query, keep_blank_values=True, strict_parsing=True) == list(value.items())


@given(lists)
def test_an_exploded_list(value: list[str]) -> None:
    query = query_of(sent(value, parameter("query"))) or ""
    assert [text for _, text in parse_qsl(query, keep_blank_values=True)] == value


@given(lists)
def test_a_list_in_one_value(value: list[str]) -> None:
    query = query_of(sent(value, parameter("query", explode=False))) or ""
    assert [unquote(item) for item in query.removeprefix("it=").split(",")] == value


@given(st.dictionaries(some, trees, min_size=1, max_size=3))
def test_a_deep_object(value: Any) -> None:
    told = dict(_leaves(value))
    assume(not any("][" in step for steps in told for step in steps))  # the style cannot say it
    query = query_of(sent(value, parameter("query", style="deepObject"))) or ""
    leaves = [pair.partition("=") for pair in query.split("&")]
    assert {_steps(name): unquote(text) for name, _, text in leaves} == told


def _steps(name: str) -> tuple[str, ...]:
    inner = name.removeprefix("it%5B").removesuffix("%5D")
    return tuple(unquote(step) for step in inner.split("%5D%5B"))


def _leaves(value: Any, *steps: str) -> list[tuple[tuple[str, ...], str]]:
    match value:
        case dict():
            pairs = [(str(key), item) for key, item in value.items()]
        case list():
            pairs = [(str(index), item) for index, item in enumerate(value)]
        case _:
            return [(steps, value)]
    return [leaf for key, item in pairs for leaf in _leaves(item, *steps, key)]


@given(texts, st.sampled_from(["simple", "matrix", "label"]))
def test_a_path(value: str, style: str) -> None:
    try:
        request = sent(value, parameter("path", style=style))
    except InvalidArguments:
        assert "." in value
        return
    segments = urlsplit(request.url).path.split("/")
    assert segments[:3] + segments[4:] == ["", "v1", "p", "z"]
    written = segment_of(request).removeprefix({"simple": "", "matrix": ";it", "label": "."}[style])
    assert unquote(written.removeprefix("=") if style == "matrix" else written) == value


@given(st.lists(texts, min_size=1, max_size=4))
def test_an_exploded_label_or_matrix(value: list[str]) -> None:
    try:
        request = sent(value, parameter("path", style="matrix", explode=True))
    except InvalidArguments:
        assert any(".." in text for text in value)  # a step up, perhaps
        return
    matrix = segment_of(request)
    assert [
        unquote(part.removeprefix("it").removeprefix("=")) for part in matrix[1:].split(";")
    ] == value


@given(st.dictionaries(some, st.one_of(texts, lists), min_size=1, max_size=4))
def test_a_form(value: dict[str, Any]) -> None:
    _, body = body_of(Content("application/x-www-form-urlencoded", {}), value)
    pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    flat = [
        (k, v) for k, item in value.items() for v in (item if isinstance(item, list) else [item])
    ]
    assert pairs == flat

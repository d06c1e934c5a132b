"""What a person is shown of a call: bounded, redacted, and of the right types."""

from typing import Any

import pytest

from domain.tools.preview import MOST_LINES, TEXT_LENGTH, Preview, shown_preview

CLOSING = Preview(
    "Close a ticket", "#7, Printer", "1 ticket", reversible=False, details=("By ann",)
)


@pytest.mark.parametrize(
    ("preview", "line"),
    [
        (Preview("Wait"), "Wait"),
        (Preview("GET", "https://a.example/"), "GET https://a.example/"),
        (Preview("Delete", amount="3 files"), "Delete (3 files)"),
        (Preview("Open", reversible=True), "Open"),
        (CLOSING, "Close a ticket #7, Printer (1 ticket; cannot be undone)"),
    ],
)
def test_a_preview_in_one_line(preview: Preview, line: str) -> None:
    assert preview.line == line


def test_a_preview_line_by_line() -> None:
    assert [(line["kind"], line["text"]) for line in CLOSING.lines()] == [
        ("what", "Close a ticket"),
        ("target", "#7, Printer"),
        ("amount", "1 ticket"),
        ("reversible", "cannot be undone"),
        ("detail", "By ann"),
    ]
    assert [line["kind"] for line in Preview("Wait").lines()] == ["what"]


@pytest.mark.parametrize("given", [None, "", " \n"])
def test_nothing_is_no_preview(given: Any) -> None:
    assert shown_preview(given) is None


def test_what_is_shown_is_bounded_and_redacted() -> None:
    long = "a secret \0\n " * 100
    shown = shown_preview(
        Preview(long, long, long, details=[long] * 30), lambda text: text.replace("secret", "***")
    )
    assert shown is not None
    assert len(shown.details) == MOST_LINES
    for text in (shown.what, shown.target, shown.amount, *shown.details):
        assert text.startswith("a *** \ufffd a ***")
        assert len(text) <= TEXT_LENGTH


@pytest.mark.parametrize(
    "given",
    [
        7,
        ["Close"],
        Preview(7),  # type: ignore[arg-type]
        Preview("x", details="abc"),
        Preview("x", details=[7]),  # type: ignore[list-item]
        Preview("x", reversible="no"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_preview_is_refused(given: Any) -> None:
    with pytest.raises(TypeError):
        shown_preview(given)

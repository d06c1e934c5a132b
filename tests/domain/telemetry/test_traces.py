"""The header `traceparent`, as W3C Trace Context has it."""

import pytest

from domain.telemetry.traces import (
    bind_caller,
    caller_traceparent,
    read_traceparent,
    send_along,
    send_no_longer,
    trace_headers,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (GOOD, GOOD),
        (f"00-{TRACE}-{SPAN}-00", f"00-{TRACE}-{SPAN}-00"),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", GOOD),
        (f"cc-{TRACE}-{SPAN}-01", GOOD),
        (f"cc-{TRACE}-{SPAN}-01.", ""),
        (f"{GOOD}-more", ""),
        (f"ff-{TRACE}-{SPAN}-01", ""),
        (f"00-{'0' * 32}-{SPAN}-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (GOOD.upper(), ""),
        (f" {GOOD}", ""),
        (GOOD + "\n", ""),
        (GOOD[:-1], ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_a_valid_header_is_taken(header: str | None, read: str) -> None:
    assert read_traceparent(header) == read


async def test_what_came_holds_for_the_task_and_is_not_sent_along() -> None:
    assert caller_traceparent() == ""
    bind_caller(GOOD)
    assert caller_traceparent() == GOOD
    assert trace_headers() == {}


async def test_what_is_sent_along_ends_with_the_work() -> None:
    outer = send_along("outer")
    inner = send_along("inner")
    assert trace_headers() == {"traceparent": "inner"}
    send_no_longer(inner)
    assert trace_headers() == {"traceparent": "outer"}
    send_no_longer(outer)
    assert trace_headers() == {}

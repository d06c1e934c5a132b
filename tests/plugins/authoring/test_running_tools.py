"""Running a tool: what becomes of arguments, results and failures."""

import asyncio
import json
import threading
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.shared.errors import InvalidArguments, ToolFailed, ToolRefused
from domain.tools.artifacts import Artifact
from domain.tools.secrets import Secrets
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import FunctionTool, tool
from plugins.host.admission import admit
from tests.plugins.samples import ARGUMENTS, Colour, Size, Weekday, looped, send


async def test_run_gives_typed_values_and_returns_json(context: ToolContext) -> None:
    assert await send.run(send.check(ARGUMENTS | {"colour": "blue"}), context) == {
        "to": {"street": "Main St", "title": "home"},
        "day": "2026-02-03",
        "colour": "blue",
        "kind": "letter",
        "weight": 20.0,
        "tags": ["sent"],
    }
    again = await send.run(ARGUMENTS, context)
    assert again["tags"] == ["sent"]


async def test_run_checks_the_arguments(context: ToolContext) -> None:
    with pytest.raises(InvalidArguments):
        await send.run({}, context)


async def test_the_context_is_passed_and_not_in_the_schema(context: ToolContext) -> None:
    @tool(effect="read")
    async def whose(context: ToolContext, greeting: str = "Hello") -> str:
        """Greet the caller."""
        await asyncio.sleep(0)
        return f"{greeting}, {context.user.full_name}"

    assert list(whose.spec.parameters["properties"]) == ["greeting"]
    assert whose.check({}) == {"greeting": "Hello"}
    assert await whose.run({}, context) == "Hello, Ada"


async def test_functions_that_are_not_async_run_in_a_thread(context: ToolContext) -> None:
    @tool(effect="read")
    def where() -> int:
        """Tell the thread."""
        return threading.get_ident()

    assert await where.run({}, context) != threading.get_ident()


def returning(value: object) -> FunctionTool[[], Any]:
    @tool(effect="read")
    async def give() -> object:
        """Give it."""
        return value

    return give


@dataclass
class Point:
    x: float


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (Point(1.5), {"x": 1.5}),
        ({1}, [1]),
        ((Colour.RED, Weekday.MONDAY, Size.SMALL), ["red", 1, "small"]),
        ({Colour.RED: 1, True: 2}, {"red": 1, "true": 2}),
        (Decimal("0.10"), "0.10"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        ([float("nan"), float("-inf")], ["nan", "-inf"]),
        ({"\x00": "\ud800", 1: "b"}, {"\ufffd": "\ufffd", "1": "b"}),
        ([2**63, 2**64, -(2**80), True], [2**63, 2**64, -(2**80), True]),
    ],
)
async def test_results_become_json(value: object, expected: object, context: ToolContext) -> None:
    assert await returning(value).run({}, context) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)


@given(value=JSON)
async def test_every_json_result_can_be_stored(value: Any) -> None:
    result = await returning(value).run({}, None)  # type: ignore[arg-type] # nobody looks at it
    text = json.dumps(result, allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text.replace("\\\\", "")  # a backslash of the text is doubled
    assert text.encode()


class Report(BaseModel):
    on: date
    amount: Decimal
    colour: Colour


FILE = Artifact(b"\xff", "image/png", "a.png")


@dataclass
class Holder:
    file: Artifact
    on: date


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            Report(on=date(2026, 1, 2), amount=Decimal("1.50"), colour=Colour.RED),
            {"on": "2026-01-02", "amount": "1.50", "colour": "red"},
        ),
        (FILE, FILE),
        ({"a": [FILE, (FILE,)]}, {"a": [FILE, [FILE]]}),
        (Holder(FILE, date(2026, 1, 2)), {"file": FILE, "on": "2026-01-02"}),
    ],
)
async def test_models_become_json_and_artifacts_stay_what_they_are(
    value: object, expected: object, context: ToolContext
) -> None:
    tool = admit(returning(value), "p")
    assert await tool.run({}, context) == expected


@pytest.mark.parametrize("value", [b"text", {"data": [bytearray(b"x")]}])
async def test_bytes_are_to_be_artifacts(value: object, context: ToolContext) -> None:
    with pytest.raises(ToolFailed, match="it is bytes; return an Artifact"):
        await returning(value).run({}, context)


async def test_no_half_of_a_secret_is_left_in_a_shortened_error(context: ToolContext) -> None:
    secret = "0123456789" * 40
    failing = raising(ValueError("x" * 200 + secret), threaded=False)
    with pytest.raises(ToolFailed) as caught:
        await failing.run({}, replace(context, secrets=Secrets({"TOKEN": secret})))
    assert caught.value.message == f"fail failed: ValueError: {'x' * 200}***"


@pytest.mark.parametrize("value", [object(), looped(), b"\xff", [10**5000]])
async def test_results_that_are_not_json_fail_by_the_name_of_the_tool(
    value: object, context: ToolContext
) -> None:
    with pytest.raises(ToolFailed, match="give failed: ValueError: not a JSON value: "):
        await returning(value).run({}, context)


def raising(error: BaseException, *, threaded: bool) -> FunctionTool[[], Any]:
    def fail() -> None:
        """Fail."""
        raise error

    async def fail_async() -> None:
        """Fail."""
        raise error

    return tool(effect="read", name="fail")(fail if threaded else fail_async)


@pytest.mark.parametrize("threaded", [True, False])
@pytest.mark.parametrize(
    "error", [KeyError("k"), StopIteration(), SystemExit(3), TimeoutError(), RecursionError()]
)
async def test_what_a_function_raises_fails_the_call(
    error: BaseException, threaded: bool, context: ToolContext, caplog: pytest.LogCaptureFixture
) -> None:
    failing = raising(error, threaded=threaded)
    with pytest.raises(ToolFailed, match="fail failed: ") as caught:
        await failing.run({}, context)
    assert "Traceback" not in caught.value.message
    assert [record.name for record in caplog.records] == ["test.tools"]
    assert caplog.records[0].exc_info


async def test_long_messages_are_shortened(context: ToolContext) -> None:
    with pytest.raises(ToolFailed) as caught:
        await raising(ValueError("word\x00 " * 10_000), threaded=False).run({}, context)
    assert len(caught.value.message) < 400
    assert "\x00" not in caught.value.message


async def test_tool_errors_come_through(context: ToolContext) -> None:
    refusal = ToolRefused("Not on Sundays.")
    with pytest.raises(ToolRefused) as caught:
        await raising(refusal, threaded=True).run({}, context)
    assert caught.value is refusal


async def test_cancelling_is_not_a_failure(context: ToolContext) -> None:
    @tool(effect="read")
    async def wait() -> None:
        """Wait."""
        await asyncio.Event().wait()

    task = asyncio.ensure_future(wait.run({}, context))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

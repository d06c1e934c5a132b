"""The preview function of a decorated tool."""

import threading
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from plugins.host.admission import admit
from puerto import Preview, ToolContext, ToolDefinitionError, tool


def closing(preview: Any) -> Any:
    """Return an admitted tool that has this preview function."""

    @tool(effect="destructive", preview=preview)
    def close_ticket(ticket: int, on: date, context: ToolContext, note: str = "") -> str:
        """Close a ticket."""
        raise AssertionError("it is only previewed")

    return admit(close_ticket, "desk")


ARGUMENTS = {"ticket": 7, "on": "2026-01-02"}


async def shown(preview: Any, context: ToolContext) -> Any:
    made = closing(preview)
    return await made.preview(made.check(ARGUMENTS), context)


async def test_a_preview_takes_typed_arguments_by_name(context: ToolContext) -> None:
    def preview(on: date, ticket: int) -> Preview:
        return Preview(
            "Close", f"{ticket + 1} on {on:%d.%m.}", details=[threading.current_thread().name]
        )

    made = await shown(preview, context)
    assert (made.what, made.target) == ("Close", "8 on 02.01.")
    assert made.details == ["tool close_ticket"]


async def test_an_async_preview_runs_on_the_loop_and_has_the_context(context: ToolContext) -> None:
    async def preview(mine: ToolContext, note: str) -> str:
        assert threading.current_thread() is threading.main_thread()
        return f"Close for {mine.user.username}{note}"

    assert await shown(preview, context) == f"Close for {context.user.username}"


async def test_no_preview_at_all(context: ToolContext) -> None:
    assert await shown(None, context) is None


@pytest.mark.parametrize(
    ("preview", "why"),
    [
        (lambda ticket, colour: "", "'colour' is no argument"),
        (lambda *ticket: "", "is no argument"),
        (lambda **ticket: "", "'\\*\\*ticket' is no argument"),
        ("close", "is a function"),
    ],
)
def test_a_preview_of_what_the_tool_does_not_have_is_refused(preview: Any, why: str) -> None:
    with pytest.raises(ToolDefinitionError, match=why):
        closing(preview)


@dataclass
class OfOwn:
    """A tool that is no function, with a preview as a test has it."""

    spec: Any
    preview: Any

    def check(self, arguments: Any) -> Any:
        return arguments

    async def run(self, arguments: Any, context: ToolContext) -> Any:
        raise AssertionError("it is only previewed")


async def test_tools_that_are_no_functions_have_either_kind_of_preview(
    context: ToolContext,
) -> None:
    async def with_context(arguments: Any, mine: ToolContext) -> Preview:
        return Preview("Close", f"{arguments['ticket']} for {mine.user.username}")

    spec = closing(None).spec
    sync = admit(OfOwn(spec, lambda arguments: f"Close {arguments['ticket']}"), "desk")
    assert await sync.preview(ARGUMENTS, context) == "Close 7"
    made = await admit(OfOwn(spec, with_context), "desk").preview(ARGUMENTS, context)
    assert made == Preview("Close", f"7 for {context.user.username}")

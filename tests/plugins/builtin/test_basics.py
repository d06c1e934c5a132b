"""The clock and the search in conversations; the calculator has a file of its own."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversations.conversation import Message, MessageRole
from domain.shared.errors import InvalidArguments, ToolFailed
from domain.tools.tool_context import ToolContext
from plugins.builtin.basics.clock import current_time, find_zone, time_in
from plugins.builtin.basics.conversations import search_conversations
from plugins.host.host import PluginHost
from puerto.testing import FakeClock

MOMENT = datetime(2026, 7, 1, 20, 30, 15, 999999, tzinfo=UTC)


def test_the_plugin_brings_its_tools() -> None:
    import plugins.builtin.basics  # as its entry point names it

    host = PluginHost()
    info = host.register(plugins.builtin.basics, "basics")
    assert info.reason == ""
    assert info.tools == (
        "calculator",
        "current_time",
        "read_result",
        "read_schema",
        "search_conversations",
        "search_tools",
    )
    assert {one.spec.effect for one in host.tools()} == {"read"}


def test_a_moment_is_told_in_the_zone() -> None:
    assert time_in(ZoneInfo("Asia/Kolkata"), MOMENT) == {
        "timezone": "Asia/Kolkata",
        "iso": "2026-07-02T02:00:15+05:30",
        "date": "2026-07-02",
        "time": "02:00:15",
        "weekday": "Thursday",
        "utc_offset": "+05:30",
    }
    assert time_in(ZoneInfo("America/New_York"), MOMENT)["utc_offset"] == "-04:00"


async def test_the_clock_tells_the_time(context: ToolContext) -> None:
    mine = replace(context, clock=FakeClock(MOMENT))
    told = await current_time.run(current_time.check({}), mine)
    assert (told["timezone"], told["iso"]) == ("UTC", MOMENT.replace(microsecond=0).isoformat())


@pytest.mark.parametrize(
    ("name", "key"),
    [("Europe/Madrid", "Europe/Madrid"), ("america/new york", "America/New_York"), ("utc", "UTC")],
)
def test_zones_are_found_in_any_case(name: str, key: str) -> None:
    assert find_zone(name).key == key


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Madrid", "Did you mean 'Europe/Madrid'?"),
        ("new york", "Did you mean 'America/New_York'?"),
        ("Europe/Madrit", "Did you mean 'Europe/Madrid'"),
        ("", "There is no time zone ''."),
        ("Europe", "There is no time zone 'Europe'."),
        ("../../etc/passwd", "There is no time zone"),
    ],
)
def test_unknown_zones_come_with_a_suggestion(name: str, hint: str, context: ToolContext) -> None:
    with pytest.raises(ToolFailed) as caught:
        current_time(name, context=context)
    assert hint in caught.value.message


@given(st.text(st.characters()))
def test_any_text_is_a_zone_or_is_not(name: str) -> None:
    try:
        found = find_zone(name).key
    except ToolFailed as failed:
        found = failed.message.removeprefix("There is no time zone ")
    assert found


def searching(
    context: ToolContext, *messages: Message
) -> tuple[ToolContext, list[tuple[str, int]]]:
    asked = []

    async def search(text: str, limit: int) -> list[Message]:
        asked.append((text, limit))
        return list(messages)

    return replace(context, search_conversations=search), asked


async def test_messages_are_found(context: ToolContext) -> None:
    message = Message("m1", "c1", MessageRole.USER, "the harbour " * 100, MOMENT)
    context, asked = searching(context, message)
    [found] = await search_conversations.run({"query": " harbour "}, context)
    assert asked == [("harbour", 10)]
    assert found.pop("content").endswith("harbour the…")
    assert found == {
        "conversation_id": "c1",
        "role": "user",
        "timestamp": "2026-07-01T20:30:15.999999Z",
    }


@pytest.mark.parametrize("arguments", [{"query": " "}, {"query": "a", "limit": 51}, {"limit": 1}])
def test_searches_are_bounded(arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidArguments):
        search_conversations.check(arguments)


def test_the_schema_of_the_search_does_not_show_the_context() -> None:
    assert set(search_conversations.spec.parameters["properties"]) == {"query", "limit"}

"""What is taken in goes out again: on every face, whatever a provider, a tool or an API gives."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.persistence import Database
from domain.shared.json_values import DEPTH
from tests.entrypoints.http.conftest import Client, Installation
from tests.entrypoints.http.faces import Odd, look_everywhere, stream_of
from tests.fakes.oddities import ODD_VALUES, nested

MANY = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)


@pytest.fixture
def odd(installation: Installation) -> Odd:
    """A plugin whose tool gives, and whose model says, what a test wants."""
    plugin = Odd()
    installation.services.toolbox.register(plugin, "odd")  # type: ignore[attr-defined]  # the host
    return plugin


async def turn(
    installation: Installation, client: Client, admin: Client
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Have one turn, and look at it everywhere; what was streamed is what is kept."""
    streamed = await stream_of(client, {"message": "go"})
    assert streamed[-1]["type"] == "done"
    place = (streamed[0]["run_id"], streamed[0]["conversation_id"])
    events, messages = await look_everywhere(installation, client, admin, *place)
    assert events == streamed
    again = {"message": "and now?", "conversation_id": place[1]}
    assert (await stream_of(client, again))[-1]["type"] == "done"
    return streamed, messages


def of_kind(events: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (event,) = [event for event in events if event["type"] == kind]
    return event


@MANY
@given(value=JSON)
async def test_any_json_of_a_tool_is_shown_on_every_face(
    installation: Installation, ada: Client, admin: Client, odd: Odd, value: Any
) -> None:
    odd.gives = value
    events, messages = await turn(installation, ada, admin)
    assert messages[-1]["results"][0]["result"] == of_kind(events, "tool_result")["result"]
    body = {"tool": "give", "parameters": {}}
    direct = await ada.json("POST", "/api/tools/execute", body)
    assert direct["result"] == of_kind(events, "tool_result")["result"]


@MANY
@given(arguments=JSON, text=st.text(st.characters()))
async def test_any_json_of_a_model_is_shown_on_every_face(
    installation: Installation, ada: Client, admin: Client, odd: Odd, arguments: Any, text: str
) -> None:
    odd.arguments, odd.says = json.dumps({"value": arguments}), text
    events, messages = await turn(installation, ada, admin)
    joined = "".join(event["content"] for event in events if event["type"] == "chunk")
    assert joined == of_kind(events, "message")["content"] == messages[-1]["content"]
    assert messages[-1]["tool_calls"][0]["params"] == of_kind(events, "tool_call")["params"]


async def test_however_deep(
    installation: Installation, ada: Client, admin: Client, odd: Odd, subtests: pytest.Subtests
) -> None:
    for kind in ["[", "{"]:
        for depth in [DEPTH, DEPTH + 1, 200, 252, 254, 300, 700]:
            with subtests.test(depth=depth, kind=kind):
                odd.gives = nested(kind, depth)
                odd.arguments = json.dumps({"value": nested(kind, depth - 1)})
                events, _ = await turn(installation, ada, admin)
                if depth <= DEPTH:
                    assert of_kind(events, "tool_call")["params"] == {
                        "value": nested(kind, depth - 1)
                    }
                    assert of_kind(events, "tool_result")["result"] == nested(kind, depth)
                else:
                    error = of_kind(events, "tool_result")["error"]
                    assert error["code"] == "INVALID_ARGUMENTS"
                    assert "levels deep" in error["message"]
                direct = await ada.json(
                    "POST", "/api/tools/execute", {"tool": "give", "parameters": {}}
                )
                assert json.dumps(direct["result"]).replace("\\", "").count(kind) == depth


async def test_every_digit_of_an_integer_goes_through(
    ada: Client, odd: Odd, subtests: pytest.Subtests
) -> None:
    for digits in [2**63, 2**64, 12345678901234567890123, -(2**70)]:
        with subtests.test(digits=digits):
            odd.gives = digits
            odd.arguments = json.dumps({"id": digits})
            events = await stream_of(ada, {"message": "go"})
            assert of_kind(events, "tool_call")["params"] == {"id": digits}
            assert of_kind(events, "tool_result")["result"] == digits
            body = {"tool": "give", "parameters": {"id": digits}}
            assert (await ada.json("POST", "/api/tools/execute", body))["result"] == digits


async def test_what_is_streamed_is_what_is_kept(
    installation: Installation, ada: Client, admin: Client, odd: Odd, subtests: pytest.Subtests
) -> None:
    for text in ["a\0b", "a\ud83db", "\ud83d\ude00"]:
        with subtests.test(text=text):
            odd.gives, odd.says = {text: text}, text
            events, messages = await turn(installation, ada, admin)
            assert of_kind(events, "chunk")["content"] == messages[-1]["content"]
            assert messages[-1]["results"][0]["result"] == of_kind(events, "tool_result")["result"]


async def test_any_value_of_a_tool(
    installation: Installation, ada: Client, admin: Client, odd: Odd, subtests: pytest.Subtests
) -> None:
    for name in ODD_VALUES:
        with subtests.test(name=name):
            odd.gives = ODD_VALUES[name]()
            events, _ = await turn(installation, ada, admin)
            assert of_kind(events, "done")["status"] == "completed"


SPOILED = {
    "cut": "{",
    "null": "null",
    "number": "5",
    "deep": " " + "[" * 300 + "]" * 300,
    "bottomless": " " + "[" * 100_000,
    "unknown": '[{"type": "?"}]',
}
COLUMNS = (
    ("messages", "tool_calls"),
    ("messages", "results"),
    ("run_events WHERE first_number = 2", "bodies"),
    ("run_events", "bodies"),
    ("audit", "params"),
    ("runs", "outcome"),
)


@pytest.mark.parametrize(("table", "column"), COLUMNS)
async def test_a_row_that_cannot_be_read_breaks_nothing(
    installation: Installation,
    ada: Client,
    admin: Client,
    odd: Odd,
    database_url: str,
    table: str,
    column: str,
    subtests: pytest.Subtests,
) -> None:
    odd.gives = {"n": 1}
    name, _, where = table.partition(" ")
    spoil = f"UPDATE {name} SET {column} = $1 {where} RETURNING 1 AS n"
    database = Database(database_url)
    await database.start()
    try:
        for spoiled, text in SPOILED.items():
            with subtests.test(spoiled=spoiled):
                streamed = await stream_of(ada, {"message": "go"})
                assert await database.fetch(spoil, text)
                place = (streamed[0]["run_id"], streamed[0]["conversation_id"])
                await look_everywhere(installation, ada, admin, *place)
                again = {"message": "and now?", "conversation_id": place[1]}
                assert (await stream_of(ada, again))[-1]["type"] == "done"
    finally:
        await database.close()

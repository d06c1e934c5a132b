"""The fixtures that come with Puerto, as authors use them."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from domain.shared.errors import Unavailable
from puerto import (
    AskDeclined,
    Effect,
    InvalidArguments,
    ToolContext,
    ToolError,
    hookimpl,
    tool,
)
from puerto.testing import (
    FakeClock,
    PuertoService,
    ScriptedModel,
    context_for_tests,
    running_service,
)
from puerto.testing.clock import START

MUST_NOT_LOAD = {"domain", "adapters", "plugins", "entrypoints", "pydantic", "quart", "openai"}


@tool(effect="write")
def remember(word: str, *, context: ToolContext) -> str:
    """Remember a word.

    Args:
        word: the word.
        context: whose word it is.

    """
    return f"{context.user.username} said {word}"


@hookimpl
def puerto_register(registry: Any) -> None:
    registry.add_tools(remember, mix)


@pytest.fixture
def puerto_plugins() -> Mapping[str, object]:
    return {"memory": SimpleNamespace(puerto_register=puerto_register)}


def test_other_users_of_pytest_pay_nothing() -> None:
    code = "import sys, pytest; import puerto.pytest_plugin; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "puerto.pytest_plugin" in loaded
    assert not MUST_NOT_LOAD & {name.partition(".")[0] for name in loaded}


def test_pytest_finds_the_plugin(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.has_plugin("puerto")


def test_a_tool_is_called_with_a_context(tool_context: ToolContext) -> None:
    assert remember("milk", context=tool_context) == "ada said milk"


class Colour(BaseModel):
    name: Literal["red", "blue"]


@tool(effect="read")
async def paint(context: ToolContext) -> str:
    """Paint something."""
    what = await context.ask_model("What is to be painted?")
    colour = await context.ask(Colour, f"Which colour for {what}?")
    return f"{await context.call_tool('brush', {'colour': colour.name})} {what}"


async def test_what_a_tool_asks_is_answered_by_the_test() -> None:
    context = context_for_tests(
        answers=[{"name": "red"}], model_answers=["the door"], results={"brush": "painted"}
    )
    assert await paint(context) == "painted the door"


async def test_a_tool_is_told_no_and_what_a_test_forgot() -> None:
    with pytest.raises(AskDeclined):
        await paint(context_for_tests(answers=[None], model_answers=["the door"]))
    with pytest.raises(InvalidArguments, match="name"):
        await paint(context_for_tests(answers=[{"name": "green"}], model_answers=["the door"]))
    with pytest.raises(ToolError, match="no answer of a model to: What is to be painted"):
        await paint(context_for_tests())
    with pytest.raises(ToolError, match="no answer to: Which colour for the door"):
        await paint(context_for_tests(model_answers=["the door"]))
    with pytest.raises(ToolError, match="no result of the tool brush"):
        await paint(context_for_tests(answers=[{"name": "red"}], model_answers=["the door"]))


@tool(effect="read")
async def mix(context: ToolContext) -> str:
    """Mix a colour."""
    colour = await context.ask(Colour, "Which colour?")
    parts = await context.call_tool("calculator", {"expression": "1 + 1"})
    return f"{parts['result']} of {colour.name}"


def test_a_service_answers_what_tools_ask(
    puerto_service: PuertoService, scripted_model: ScriptedModel
) -> None:
    scripted_model.plays([{"tool": "mix", "arguments": {}}], [{"text": "Done."}])
    turn = puerto_service.chat("Mix!", approve=True, answers=[{"name": "blue"}])
    assert (turn.status, turn.results) == ("completed", ["2 of blue"])
    assert turn.tool_calls == [("mix", {})]  # the model's; those of tools are events
    assert [event["type"] for event in turn.events].count("tool_call") == 2


def test_a_service_with_a_model_and_a_clock(
    puerto_service: PuertoService, scripted_model: ScriptedModel, fake_clock: FakeClock
) -> None:
    scripted_model.plays(
        [{"text": "Let me see."}, {"tool": "remember", "arguments": {"word": "milk"}}],
        [{"text": "Done."}],
    )
    asked = puerto_service.chat("Milk!")
    assert (asked.status, asked.answer, asked.results) == ("waiting_consent", "", [])

    done = puerto_service.chat("Milk!", approve=True)
    assert done.status == "completed"
    assert done.tool_calls == [("remember", {"word": "milk"})]
    assert done.results == ["ada said milk"]
    assert done.answer == "Let me see.\n\nDone."
    assert [event["type"] for event in done.events].count("done") == 1

    refused = puerto_service.chat("Milk!", approve=False)
    assert (refused.status, refused.results[0]["code"]) == ("completed", "CONSENT_DENIED")

    offered = {spec.name: spec.effect for spec in scripted_model.requests[0].tools}
    assert offered["remember"] is Effect.WRITE
    fake_clock.advance(timedelta(minutes=5))
    made = puerto_service.http.post("/api/conversations", json={"title": "Late"})
    assert made.status_code == 201
    assert made.json()["created_at"].startswith((START + timedelta(minutes=5)).isoformat()[:16])

    scripted_model.plays([{"error": {"reason": "rejected", "message": "No."}}])
    failed = puerto_service.chat("Milk!")
    assert (failed.status, failed.error) == ("failed", "No.")


def test_a_service_answers_offline(puerto_service: PuertoService) -> None:
    first = puerto_service.chat("What is 17 * 23?")
    assert "391" in first.answer
    second = puerto_service.chat("And multiply that by 2?", first.conversation_id)
    assert (second.conversation_id, "782" in second.answer) == (first.conversation_id, True)


def test_a_plugin_that_does_not_work_is_told_at_once(tmp_path: Path) -> None:
    broken = SimpleNamespace(puerto_registerz=puerto_register)
    with (
        pytest.raises(
            Unavailable, match="The plugin broken does not work as it is: there is no hook"
        ),
        running_service(tmp_path, {"broken": broken}),
    ):
        raise AssertionError("it started")


async def test_a_test_says_which_accounts_the_user_has_connected() -> None:
    context = context_for_tests(credentials={"jira": "a token", "crm": None})
    assert (await context.credentials("jira")).token == "a token"
    with pytest.raises(AskDeclined, match="No account crm is connected"):
        await context.credentials("crm")
    with pytest.raises(ToolError, match="gives no credentials for the account mail"):
        await context.credentials("mail")

"""Results of tools are replayed out of a cassette, and the tools do not run."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from puerto import Registry, ToolContext, hookimpl, tool
from puerto.testing import PuertoService, ScriptedModel


@tool(effect="read")
async def ticket(number: int, how: str = "short") -> str:
    """Read a ticket.

    Args:
        number: its number.
        how: how much of it.

    """
    raise AssertionError(f"ticket {number} was read {how}")


async def what(number: int) -> str:
    return f"Closes {number}"


@tool(effect="destructive", preview=what)
async def close(number: int, context: ToolContext) -> str:
    """Close a ticket.

    Args:
        number: its number.
        context: the call.

    """
    raise AssertionError(f"{context.user.username} closed {number}")


@hookimpl
def puerto_register(registry: Registry) -> None:
    registry.add_tools(ticket, close)


@pytest.fixture
def puerto_plugins() -> Mapping[str, object]:
    return {"desk": SimpleNamespace(puerto_register=puerto_register)}


def call(number: int, result: object) -> dict[str, object]:
    return {"tool": "ticket", "arguments": {"number": number}, "result": result}


def test_a_recorded_conversation_is_replayed_without_its_tools(
    puerto_service: PuertoService, scripted_model: ScriptedModel, tmp_path: Path
) -> None:
    locked = {"code": "TICKET_LOCKED", "message": "It is locked.", "details": {}, "retryable": True}
    closing = {"tool": "close", "arguments": {"number": 7}, "error": locked}
    pieces = [call(7, {"title": "Late"}), closing]
    cassette = tmp_path / "run.json"
    cassette.write_text(json.dumps([{"pieces": pieces}, {"pieces": [{"text": "Done."}]}]))

    scripted_model.plays_file(cassette, tools=True)
    asked = puerto_service.chat("Close it.")
    assert asked.requests[0]["preview_lines"][0]["text"] == "Closes 7"
    done = puerto_service.chat("Close it.", approve=True)
    assert (done.answer, done.results) == ("Done.", [{"title": "Late"}, locked])
    denied = puerto_service.chat("Close it.", approve=False)
    assert [each.get("code") for each in denied.results] == [None, "CONSENT_DENIED"]

    scripted_model.plays_file(cassette)
    assert puerto_service.chat("Close it.", approve=True).results[0]["code"] == "TOOL_FAILED"


def test_a_call_made_again_has_its_next_result(
    puerto_service: PuertoService, scripted_model: ScriptedModel
) -> None:
    calls = [call(7, "open"), call(7, "closed"), {"tool": "ticket", "arguments": {"number": 7}}]
    for _ in range(2):  # each conversation from its start
        scripted_model.plays(calls[:1], calls[1:], [{"text": "Done."}], tools=True)
        assert puerto_service.chat("How is it?").results == ["open", "closed", "closed"]


def test_a_call_that_was_not_recorded_fails(
    puerto_service: PuertoService, scripted_model: ScriptedModel
) -> None:
    scripted_model.plays(
        [call(7, "open"), {"tool": "ticket", "arguments": {"number": 8}}],
        [{"text": "Done."}],
        tools=True,
    )
    result, error = puerto_service.chat("How are they?").results
    assert (result, error["code"]) == ("open", "TOOL_REFUSED")
    assert 'no result of ticket with {"how": "short", "number": 8}: record it' in error["message"]


@pytest.mark.parametrize("code", ["ASK_DECLINED", "TOOL_REFUSED", "TOOL_TIMEOUT", "TOOL_FAILED"])
def test_errors_of_the_service_keep_their_codes(
    puerto_service: PuertoService, scripted_model: ScriptedModel, code: str
) -> None:
    error = {"code": code, "message": "No."}
    scripted_model.plays(
        [{"tool": "ticket", "arguments": {"number": 1}, "error": error}], [], tools=True
    )
    assert puerto_service.chat("Well?").results == [{**error, "details": {}}]

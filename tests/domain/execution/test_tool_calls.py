"""From what a model asked for to what came of it."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from domain.conversations.conversation import Message
from domain.execution.tool_calls import intend, perform
from domain.models.messages import ToolRequest
from domain.plugins.incidents import PluginPart
from domain.runs.call_events import ToolErred, ToolFinished
from domain.runs.run import Call
from domain.shared.errors import ToolFailed
from domain.tools.secrets import Secrets
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from tests.domain.builders import ANN
from tests.fakes.tools import FakeTool, FakeToolbox


async def nothing(_text: str, _limit: int) -> Sequence[Message]:
    return []


CONTEXT = ToolContext(ANN, "c1", nothing)
CALL = Call("c1", "look", {"q": 1}, Effect.READ, "v")


def test_a_request_becomes_an_intention_with_an_id_of_ours() -> None:
    tool = FakeTool("look")
    first, problem = intend(ToolRequest("look", '{"q": 1}'), FakeToolbox(tool))
    second, _ = intend(ToolRequest("look", '{"q": 1}'), FakeToolbox(tool))
    assert problem is None
    assert (first.tool, first.params, first.effect) == ("look", {"q": 1}, Effect.READ)
    assert first.version == tool.spec.version
    assert first.call_id != second.call_id


def test_no_arguments_at_all_are_an_empty_object() -> None:
    intended, problem = intend(ToolRequest("look", ""), FakeToolbox(FakeTool("look")))
    assert intended.params == {}
    assert problem is None


@pytest.mark.parametrize(
    "arguments",
    ["{", "[1]", '"x"', '{"q": NaN}', '{"q": "\\ud800"}', '{"q": "text"}', "[" * 100_000],
)
def test_unfit_arguments_are_told_to_the_model(arguments: str) -> None:
    intended, problem = intend(ToolRequest("look", arguments), FakeToolbox(FakeTool("look")))
    assert problem is not None
    assert problem.call_id == intended.call_id
    assert (problem.outcome, problem.code) == ("failed", "INVALID_ARGUMENTS")


def test_an_unknown_tool_is_told_to_the_model() -> None:
    intended, problem = intend(ToolRequest("luck", "{}"), FakeToolbox(FakeTool("look")))
    assert intended.tool == "luck"
    assert problem is not None
    assert problem.code == "UNKNOWN_TOOL"


async def test_a_result() -> None:
    body = await perform(FakeTool("look"), CALL, CONTEXT)
    assert isinstance(body, ToolFinished)
    assert (body.call_id, body.tool, body.result) == ("c1", "look", {"q": 1})
    assert body.duration_ms >= 0


def raising(error: Exception) -> FakeTool:
    async def work(_arguments: Mapping[str, Any]) -> Any:
        raise error

    return FakeTool("look", work=work)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ToolFailed("the host is down"), "TOOL_FAILED", "the host is down"),
        (ZeroDivisionError("secret"), "TOOL_FAILED", "a reason of its own"),
        (TimeoutError("its own"), "TOOL_FAILED", "a reason of its own"),
    ],
)
async def test_a_failure(error: Exception, code: str, said: str) -> None:
    body = await perform(raising(error), CALL, CONTEXT)
    assert isinstance(body, ToolErred)
    assert (body.outcome, body.code) == ("failed", code)
    assert said in body.message
    assert "secret" not in body.message


async def test_a_failure_with_a_code_of_its_own_that_may_succeed_later() -> None:
    told = list[object]()
    error = ToolFailed(
        "it is locked by token-of-ours",
        code="TICKET_LOCKED",
        retryable=True,
        details={"by": "token-of-ours"},
    )
    context = replace(CONTEXT, secrets=Secrets({"TOKEN": "token-of-ours"}))
    body = await perform(raising(error), CALL, context, lambda *each: told.append(each))
    assert isinstance(body, ToolErred)
    assert body.problem.to_json() == {
        "code": "TICKET_LOCKED",
        "message": "it is locked by ***",
        "details": {"by": "***"},
        "retryable": True,
    }
    assert told == []


async def test_a_code_that_is_the_services_own_is_an_incident() -> None:
    told = list[tuple[str, PluginPart, str]]()

    def tell(plugin: str, part: PluginPart, error: BaseException, function: object = None) -> None:
        assert function is None
        assert error.__traceback__ is not None
        told.append((plugin, part, str(error)))

    tool = raising(ToolFailed("no", code="CONSENT_DENIED"))
    body = await perform(tool, CALL, CONTEXT, tell)
    assert isinstance(body, ToolErred)
    assert (body.code, body.message, body.retryable) == ("TOOL_FAILED", "no", False)
    ((plugin, part, why),) = told
    assert (plugin, part) == (tool.spec.plugin, "tool")
    assert "CONSENT_DENIED" in why


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
async def test_a_tool_that_runs_out_of_time(effect: str, outcome: str) -> None:
    async def for_ever(_arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    tool = FakeTool("look", Effect(effect), for_ever, timeout=0.01)
    context = replace(CONTEXT, cancelled=threading.Event())
    body = await perform(tool, CALL, context)
    assert context.cancelled.is_set()
    assert isinstance(body, ToolErred)
    assert (body.outcome, body.code) == (outcome, "TOOL_TIMEOUT")
    assert ("may have taken effect" in body.message) is (outcome == "unknown")


async def test_a_tool_whose_call_is_cancelled_can_see_it() -> None:
    async def for_ever(_arguments: Mapping[str, Any]) -> Any:
        await asyncio.Event().wait()

    context = replace(CONTEXT, cancelled=threading.Event())
    task = asyncio.create_task(perform(FakeTool("look", work=for_ever), CALL, context))
    await asyncio.sleep(0)
    assert not context.cancelled.is_set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert context.cancelled.is_set()

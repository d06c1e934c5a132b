"""Arguments that a human must type again: never run unasked, and only with the typed values."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from typing_extensions import override

from domain.consents.consent import ConsentStatus
from domain.consents.replies import ConsentReply, is_typed
from domain.models.messages import Text, ToolRequest
from domain.policy.policy import Autonomy, Decision, Rule, Verdict, confirmed
from domain.runs.call_events import ConsentRequested
from domain.runs.events import Ended
from domain.shared.errors import InvalidRequest
from domain.tools.tool import Effect, ToolSpec
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, House, build, kinds
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool


@dataclass
class Dangerous(FakeTool):
    """A tool whose ``q`` must be typed again."""

    @property
    @override
    def spec(self) -> ToolSpec:
        return replace(super().spec, confirm=("q",))


async def waiting(
    effect: Effect = Effect.READ, *rules: Rule
) -> tuple[House, Dangerous, str, ConsentRequested]:
    tool = Dangerous("look", effect)
    model = FakeModel([ToolRequest("look", '{"q": 7}'), CALLS], [Text("ok"), STOP])
    house = build(model, tool, autonomy=Autonomy.FULL)
    await house.store.configurations.change(lambda kept: kept.with_rules(rules))
    await house.worker.start()
    started = await house.chat.send(ANN, "hi")
    events = await house.until(started.run_id, ConsentRequested)
    (request,) = (e.body for e in events if isinstance(e.body, ConsentRequested))
    return house, tool, started.run_id, request


@pytest.mark.parametrize("rules", [(), (Rule(Decision.ALLOW),)], ids=["full", "allowed"])
async def test_such_a_call_is_never_made_unasked(rules: tuple[Rule, ...]) -> None:
    house, tool, _, request = await waiting(Effect.READ, *rules)
    assert request.confirm == ("q",)
    assert "q to be typed again" in request.reason
    kept = await house.consent_service.get(ANN, request.request_id)
    assert kept.confirm == ("q",)
    assert tool.calls == []


@pytest.mark.parametrize(
    "typed", [None, {}, {"q": 8}, {"q": "8"}, {"q": True}, {"other": 7}], ids=str
)
async def test_an_approval_without_the_value_is_refused(typed: Any) -> None:
    house, tool, _, request = await waiting()
    reply = ConsentReply(approved=True, confirm=typed)
    with pytest.raises(InvalidRequest, match="Send q in confirm") as caught:
        await house.consent_service.answer(ANN, request.request_id, reply)
    (field,) = caught.value.details["fields"]
    assert field["path"] == "confirm.q"
    kept = await house.consent_service.get(ANN, request.request_id)
    assert kept.status is ConsentStatus.WAITING
    assert tool.calls == []


@pytest.mark.parametrize("typed", [7, "7"], ids=repr)
async def test_with_the_value_it_runs(typed: Any) -> None:
    house, tool, run_id, request = await waiting()
    reply = ConsentReply(approved=True, confirm={"q": typed})
    await house.consent_service.answer(ANN, request.request_id, reply)
    await house.until(run_id, Ended)
    assert tool.calls == [{"q": 7}]


async def test_an_edited_value_is_the_one_to_be_typed() -> None:
    house, tool, run_id, request = await waiting()
    for reply in (
        ConsentReply(approved=True, params={"q": 8}, confirm={"q": 7}),
        ConsentReply(approved=True, params={}, confirm={"q": 7}),
    ):
        with pytest.raises(InvalidRequest):
            await house.consent_service.answer(ANN, request.request_id, reply)
    right = ConsentReply(approved=True, params={"q": 8}, confirm={"q": 8})
    await house.consent_service.answer(ANN, request.request_id, right)
    await house.until(run_id, Ended)
    assert tool.calls == [{"q": 8}]


async def test_a_no_needs_nothing_typed() -> None:
    house, tool, run_id, request = await waiting()
    await house.consent_service.answer(ANN, request.request_id, ConsentReply())
    assert "tool_erred" in kinds(await house.until(run_id, Ended))
    assert tool.calls == []


def test_a_denial_stays_and_other_reasons_are_kept() -> None:
    denied = Verdict(Decision.DENY, "rule 1")
    assert confirmed(denied, ["q"]) is denied
    allowed = Verdict(Decision.ALLOW, "rule 2")
    assert confirmed(allowed, []) is allowed
    assert confirmed(allowed, ["q"]).decision is Decision.ASK
    asked = confirmed(Verdict(Decision.ASK, "rule 3"), ["q"])
    assert (asked.decision, "rule 3" in asked.rule) == (Decision.ASK, True)


@pytest.mark.parametrize(
    ("typed", "value", "same"),
    [
        ("a", "a", True),
        ("7", "7", True),
        (7, "7", False),
        ("7", 7, True),
        (" 7 ", 7, True),
        (True, 1, False),
        ("true", True, True),
        ('{"b": 1, "a": [2]}', {"a": [2], "b": 1}, True),
        ("[" * 100_000, [1], False),
        ("x", None, False),
        (None, None, True),
    ],
    ids=map(str, range(11)),
)
def test_what_is_typed_is_the_value_or_its_json(typed: Any, value: Any, *, same: bool) -> None:
    assert is_typed(typed, value) is same

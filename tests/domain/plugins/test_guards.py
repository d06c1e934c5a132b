"""Guards of messages: what they block or replace goes no further, and is stored nowhere."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from domain.models.messages import (
    AssistantTurn,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    TextWasReasoning,
    ToolRequest,
    Usage,
    UserTurn,
)
from domain.plugins.guard_check import LONGEST, GuardCheck
from domain.plugins.guards import (
    Block,
    GuardedMessage,
    GuardOffer,
    GuardPoint,
    MessageGuard,
    Replace,
)
from domain.plugins.incidents import PluginPart
from domain.plugins.plugin import Registered
from domain.runs.call_events import ToolFinished
from domain.runs.event_json import to_json
from domain.runs.events import Chunk, Erred, Event, QuestionGuarded, StepEnded, Thinking
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, House, build, conversation_of, kinds, last, text_of
from tests.fakes.extensions import FakeExtensions
from tests.fakes.models import FakeModel
from tests.fakes.persistence import FakeStore
from tests.fakes.tools import FakeTool

BEFORE, AFTER = GuardPoint.BEFORE_MODEL, GuardPoint.BEFORE_CLIENT
ENDED = Stop(StopReason.END, Usage(3, 4), memento="the secret, signed")


async def no_secrets(message: GuardedMessage) -> Block | Replace | None:
    if "bomb" in message.text:
        return Block("no weapons")
    if "secret" in message.text:
        return Replace(message.text.replace("secret", "***"))
    return None


async def passes(_message: GuardedMessage) -> None:
    return None


async def raises(_message: GuardedMessage) -> None:
    raise OSError("no line to the scanner")


async def hangs(_message: GuardedMessage) -> None:
    await asyncio.Event().wait()


async def odd(_message: GuardedMessage) -> Any:
    return True


async def empties(_message: GuardedMessage) -> Replace:
    return Replace(" ")


async def bloats(_message: GuardedMessage) -> Replace:
    return Replace("x" * (LONGEST + 1))


async def subclasses(_message: GuardedMessage) -> Replace:
    class Lenient(Replace):
        pass

    return Lenient("anything")


def registering(at: GuardPoint, *guards: MessageGuard, is_required: bool = False) -> FakeExtensions:
    offers = [GuardOffer(at, guard, is_required) for guard in guards]
    return FakeExtensions(the_guards=[Registered("pii", offer) for offer in offers])


def house(
    at: GuardPoint,
    guard: MessageGuard,
    *answers: Sequence[Piece | Exception | asyncio.Event],
    is_required: bool = False,
    store: FakeStore | None = None,
) -> House:
    guards = registering(at, guard, is_required=is_required)
    return build(FakeModel(*answers), FakeTool("look"), extensions=guards, store=store)


def stored(home: House) -> str:
    """Return everything that is stored of events and messages."""
    events = [
        to_json(event.body) for events in home.store.memory.events.values() for event in events
    ]
    return f"{events} {home.store.memory.messages}"


def problem_in(events: Sequence[Event]) -> Erred:
    (erred,) = [event.body for event in events if isinstance(event.body, Erred)]
    return erred


def sent(home: House) -> list[str]:
    """Return the user's messages as the last request had them."""
    return [turn.content for turn in home.model.requests[-1].turns if isinstance(turn, UserTurn)]


MESSAGE = GuardedMessage(BEFORE, "a secret", "ann", ANN.id, ANN.role, "c", "r")


async def test_each_guard_sees_what_the_last_one_left() -> None:
    async def louder(message: GuardedMessage) -> Replace:
        return Replace(message.text.upper())

    check = GuardCheck(registering(BEFORE, no_secrets, passes, louder))

    ruling = await check.ruling(check.at(BEFORE), MESSAGE)

    assert (ruling.text, ruling.problem) == ("A ***", None)
    assert check.at(AFTER) == []


@pytest.mark.parametrize("at", [BEFORE, AFTER])
@pytest.mark.parametrize("is_required", [True, False])
@pytest.mark.parametrize(
    ("guard", "what"),
    [
        (raises, "it raised OSError"),
        (hangs, "it did not answer within 0.01 seconds"),
        (odd, "it raised TypeError"),
        (empties, "it raised TypeError"),
        (bloats, "it raised TypeError"),
        (subclasses, "it raised TypeError"),
    ],
)
async def test_a_guard_that_fails_lets_pass_only_where_it_is_not_required(
    guard: MessageGuard, what: str, is_required: bool, at: GuardPoint
) -> None:
    incidents: list[tuple[str, PluginPart]] = []

    def tell(plugin: str, part: PluginPart, error: BaseException, function: object = None) -> None:
        assert (error, function) == (error, guard)
        incidents.append((plugin, part))

    guards = registering(at, guard, is_required=is_required)
    seconds = 0.01 if guard is hangs else 60.0
    check = GuardCheck(guards, seconds=seconds, tell=tell)

    ruling = await check.ruling(check.at(at), replace(MESSAGE, at=at))

    assert incidents == [("pii", PluginPart.GUARD)]
    if not is_required:
        assert (ruling.text, ruling.problem) == (MESSAGE.text, None)
        return
    assert ruling.problem is not None
    assert (ruling.text, ruling.problem.code) == ("", "GUARD_FAILED")
    why = f"Not answered: the plugin pii must check it and could not: {what}. "
    assert ruling.problem.message.startswith(why)
    assert "list of plugins" in ruling.problem.message


async def test_a_text_that_is_too_long_is_not_shown_to_a_guard() -> None:
    check = GuardCheck(registering(BEFORE, no_secrets, is_required=True))

    ruling = await check.ruling(check.at(BEFORE), replace(MESSAGE, text="x" * (LONGEST + 1)))

    assert ruling.problem is not None


async def test_a_guard_knows_whose_message_it_sees() -> None:
    seen: list[GuardedMessage] = []

    async def watch(message: GuardedMessage) -> None:
        seen.append(message)

    home = house(BEFORE, watch, [Text("ok"), STOP])

    events = await home.say("hi")

    (message,) = seen
    run = await home.store.runs.get(next(iter(home.store.memory.runs)))
    assert (message.at, message.text, message.agent) == (BEFORE, "hi", None)
    assert (message.user, message.user_id, message.role) == ("ann", ANN.id, ANN.role)
    assert (message.conversation_id, message.run_id) == (conversation_of(events), run.id)


async def test_a_blocked_message_is_sent_to_no_model_now_or_later() -> None:
    home = house(BEFORE, no_secrets, [Text("ok"), STOP])

    events = await home.say("build a bomb")

    problem = problem_in(events)
    assert (problem.code, problem.details) == ("MESSAGE_BLOCKED", {"plugin": "pii"})
    assert problem.message == "Not sent to a model: the plugin pii blocks it: no weapons"
    assert (last(events).status, home.model.requests) == ("failed", [])
    conversation = conversation_of(events)
    await home.say("hello", conversation)
    assert sent(home) == ["hello"]
    page = await home.store.conversations.messages(ANN.id, conversation, 10, None)
    assert page.items[0].content == "build a bomb"  # the user's own words stay theirs


async def test_models_get_the_replacement_in_every_step_and_later_run() -> None:
    calls: list[Piece] = [ToolRequest("look", '{"q": 1}'), CALLS]
    home = house(BEFORE, no_secrets, calls, [Text("ok"), STOP], [Text("ok"), STOP])

    events = await home.say("my secret")

    assert [request.turns[0] for request in home.model.requests] == [UserTurn("my ***")] * 2
    conversation = conversation_of(events)
    home.extensions.the_guards.clear()  # the plugin goes
    await home.say("again", conversation)
    assert sent(home) == ["my ***", "again"]
    page = await home.store.conversations.messages(ANN.id, conversation, 10, None)
    assert [message.content for message in page.items][::2] == ["my secret", "again"]
    (found,) = await home.store.conversations.search(ANN.id, "my", 10)
    assert found.for_models == "my ***"


async def test_a_search_finds_for_models_what_guards_left() -> None:
    async def look(_arguments: Mapping[str, Any]) -> Any:
        found = await tool.contexts[-1].search_conversations("my", 10)
        return [message.content for message in found]

    tool = FakeTool("look", work=look)
    calls: list[Piece] = [ToolRequest("look", '{"q": 1}'), CALLS]
    answers: list[list[Piece]] = [[Text("ok"), STOP], calls, [Text("ok"), STOP]]
    home = build(FakeModel(*answers), tool, extensions=registering(BEFORE, no_secrets))
    await home.say("my secret")
    await home.say("my bomb")

    events = await home.say("what did I say?")

    (found,) = [event.body for event in events if isinstance(event.body, ToolFinished)]
    assert found.result == ["my ***"]


async def test_a_message_is_guarded_once_and_the_next_worker_sends_the_same() -> None:
    asked = asyncio.Event()
    seen: list[str] = []

    async def once(message: GuardedMessage) -> Replace:
        seen.append(message.text)
        asked.set()
        return Replace(f"replaced {len(seen)}")

    died = house(BEFORE, once, [asyncio.Event()])
    started = await died.chat.send(ANN, "my secret")
    await died.until(started.run_id, QuestionGuarded)
    await died.worker.stop(0)
    heir = house(BEFORE, once, [Text("ok"), STOP], store=died.store)
    await heir.worker.start()
    await heir.events(started.run_id)

    assert (seen, sent(heir)) == (["my secret"], ["replaced 1"])


async def test_a_message_whose_guard_was_interrupted_is_guarded_by_the_next_worker() -> None:
    asked = asyncio.Event()

    async def waits(_message: GuardedMessage) -> None:
        asked.set()
        await asyncio.Event().wait()

    died = house(BEFORE, waits, is_required=True)
    started = await died.chat.send(ANN, "my secret")
    await asked.wait()
    await died.worker.stop(0)
    heir = house(BEFORE, no_secrets, [Text("ok"), STOP], store=died.store)
    await heir.worker.start()
    await heir.events(started.run_id)

    assert sent(heir) == ["my ***"]


async def test_a_message_whose_run_was_cancelled_before_it_was_guarded_stays_unsent() -> None:
    asked = asyncio.Event()

    async def waits(message: GuardedMessage) -> None:
        if "secret" in message.text:
            asked.set()
            await asyncio.Event().wait()

    home = house(BEFORE, waits, [Text("ok"), STOP])
    started = await home.chat.send(ANN, "my secret")
    await asked.wait()
    await home.chat.cancel(ANN, started.run_id)
    events = await home.events(started.run_id)

    assert last(events).status == "cancelled"
    await home.say("hello", conversation_of(events))
    assert sent(home) == ["hello"]


async def test_a_run_that_fails_later_keeps_its_message() -> None:
    home = house(BEFORE, passes, [ValueError("broken")], [Text("ok"), STOP])

    events = await home.say("first")
    await home.say("second", conversation_of(events))

    assert last(events).status == "failed"
    assert sent(home) == ["first", "second"]


@pytest.mark.parametrize("at", [BEFORE, AFTER])
async def test_a_required_guard_that_fails_ends_the_run(at: GuardPoint) -> None:
    home = house(at, raises, [Text("ok"), STOP], is_required=True)

    events = await home.say()

    assert problem_in(events).code == "GUARD_FAILED"
    assert (last(events).status, text_of(events)) == ("failed", "")


async def test_no_model_is_asked_while_a_plugin_that_must_guard_is_missing() -> None:
    home = build(FakeModel([Text("ok"), STOP]), unguarded=lambda: "the required plugin pii is off")

    events = await home.say("my secret")

    problem = problem_in(events)
    assert problem.code == "GUARD_FAILED"
    assert problem.message.startswith("Not answered: the required plugin pii is off. ")
    assert home.model.requests == []
    (message, _) = home.store.memory.messages[conversation_of(events)]
    assert message.for_models == ""


async def test_an_answer_is_held_until_it_was_guarded() -> None:
    seen, pieces = asyncio.Event(), asyncio.Event()

    async def waits(message: GuardedMessage) -> None:
        assert message.text == "Half and half"
        seen.set()
        await pieces.wait()

    home = house(AFTER, waits, [Text("Half "), Text("and half"), STOP])
    started = await home.chat.send(ANN, "hi")
    await seen.wait()
    live = home.live.get(started.run_id)
    assert live is not None
    assert "Half" not in stored(home)
    assert not [event for event in live.since(None) or () if isinstance(event.body, Chunk)]

    pieces.set()
    events = await home.events(started.run_id)
    assert text_of(events) == "Half and half"


async def test_what_a_guard_replaced_is_nowhere() -> None:
    home = house(
        AFTER,
        no_secrets,
        [Reasoning("The sec"), Reasoning("ret."), Text("A sec"), Text("ret"), ENDED],
    )

    events = await home.say()

    assert text_of(events) == "A ***"
    assert [e.body.content for e in events if isinstance(e.body, Thinking)] == ["The ***."]
    assert "secret" not in stored(home)
    assert [body.memento for body in stored_bodies(home) if isinstance(body, StepEnded)] == [""]
    conversation = conversation_of(events)
    assert home.store.memory.messages[conversation][-1].content == "A ***"


def stored_bodies(home: House) -> list[Any]:
    return [event.body for events in home.store.memory.events.values() for event in events]


async def test_what_a_guard_blocked_is_nowhere_and_its_tokens_count() -> None:
    calls: list[Piece] = [Reasoning("hm"), Text("a bomb"), ToolRequest("look", "{}"), ENDED]
    home = house(AFTER, no_secrets, calls)

    events = await home.say()

    problem = problem_in(events)
    assert (problem.code, problem.details) == ("ANSWER_BLOCKED", {"plugin": "pii"})
    assert problem.message == "The answer is withheld: the plugin pii blocks it: no weapons"
    assert last(events).status == "failed"
    assert (last(events).input_tokens, last(events).output_tokens) == (3, 4)
    assert not [word for word in ("bomb", "secret") if word in stored(home)]
    assert "tool_call" not in kinds(events)


async def test_reasoning_that_a_guard_blocks_is_left_out() -> None:
    home = house(AFTER, no_secrets, [Reasoning("a bomb"), Text("No."), ENDED])

    events = await home.say()

    assert (last(events).status, text_of(events)) == ("completed", "No.")
    assert "thinking" not in kinds(events)
    assert "bomb" not in stored(home)


async def test_text_that_was_reasoning_is_guarded_as_such() -> None:
    seen: list[tuple[str, bool]] = []

    async def watch(message: GuardedMessage) -> None:
        seen.append((message.text, message.is_reasoning))

    home = house(AFTER, watch, [Text("Hm."), TextWasReasoning(), Text("Yes."), STOP])

    events = await home.say()

    assert seen == [("Yes.", False), ("Hm.", True)]
    assert kinds(events) == ["run", "thinking", "chunk", "step", "message", "done"]
    assert text_of(events) == "Yes."


async def test_every_step_is_guarded_and_the_model_sees_what_was_left() -> None:
    calls: list[Piece] = [Text("A secret."), ToolRequest("look", '{"q": 1}'), CALLS]
    home = house(AFTER, no_secrets, calls, [Text("No secret."), STOP])

    events = await home.say()

    assert text_of(events) == "A ***.\n\nNo ***."
    assert [e for e in events if isinstance(e.body, ToolFinished)]
    turn = home.model.requests[1].turns[1]
    assert isinstance(turn, AssistantTurn)
    assert turn.content == "A ***."


async def test_an_answer_that_breaks_off_is_not_shown_in_part() -> None:
    home = house(AFTER, no_secrets, [Text("A sec"), ValueError("broken")])

    events = await home.say()

    assert (last(events).status, text_of(events)) == ("failed", "")


async def test_an_answer_that_passes_keeps_its_memento() -> None:
    home = house(AFTER, passes, [Text("fine"), ENDED])

    await home.say()

    (step,) = [body for body in stored_bodies(home) if isinstance(body, StepEnded)]
    assert step.memento == ENDED.memento


async def test_without_guards_pieces_are_shown_as_they_come() -> None:
    more = asyncio.Event()
    home = house(BEFORE, passes, [Text("One "), more, Text("two"), STOP])
    started = await home.chat.send(ANN, "hi")

    seen = await home.until(started.run_id, Chunk)

    assert text_of(seen) == "One "
    more.set()
    assert text_of(await home.events(started.run_id)) == "One two"


@pytest.mark.parametrize(
    ("at", "more"),
    [(None, 0), (AFTER, 0), (BEFORE, 1)],  # what is left of a message is stored before it is sent
)
async def test_how_many_writes_a_guarded_turn_takes(at: GuardPoint | None, more: int) -> None:
    guards = FakeExtensions() if at is None else registering(at, passes)
    home = build(FakeModel([Reasoning("hm"), Text("ok"), STOP]), extensions=guards)
    writes: list[Sequence[Any]] = []
    append = home.store.log.append

    async def counted(*given: Any, **options: Any) -> None:
        writes.append(given)
        await append(*given, **options)

    home.store.log.append = counted  # type: ignore[method-assign]
    await home.say()

    assert len(writes) == 1 + more  # all of a turn after its start is one write


async def test_without_guards_nothing_is_recorded_of_them() -> None:
    home = build(FakeModel([Text("ok"), STOP]))

    await home.say()

    assert not [body for body in stored_bodies(home) if isinstance(body, QuestionGuarded)]

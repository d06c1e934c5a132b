"""What observers are told, and that they hold nobody up."""

import asyncio
import logging

import pytest

from domain.models.messages import Text, ToolRequest
from domain.notifications.notices import Notice, NoticeType
from domain.plugins.notice_bus import NoticeBus
from domain.plugins.plugin import Registered
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished
from domain.runs.cursors import read_cursor
from domain.tools.tool import Effect
from tests.domain.builders import ANN, NOW
from tests.domain.house import CALLS, STOP, build, conversation_of, last
from tests.fakes.extensions import FakeExtensions
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool


def notice(number: int) -> Notice:
    return Notice(NoticeType.RUN_COMPLETED, NOW, {"run_id": str(number)})


class Seeing:
    """An observer that keeps what it is told, and cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]  # as a dataclass with `__call__` has none

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seeing)

    async def __call__(self, told: Notice) -> None:
        await self.may_go_on.wait()
        self.seen.append(told.data["run_id"])
        told.data.pop("run_id")  # type: ignore[attr-defined]  # a stranger does what it likes


class Raising(Seeing):
    async def __call__(self, told: Notice) -> None:
        await super().__call__(told)
        raise SystemExit(told.data)


def observed_by(*observers: Seeing) -> FakeExtensions:
    return FakeExtensions(the_observers=[Registered("watcher", each) for each in observers])


async def test_every_observer_sees_all_in_order_whatever_the_others_do() -> None:
    one, two = Seeing(), Raising()
    board = NoticeBus(observed_by(one, two))

    for number in range(5):
        board.publish(notice(number))
    assert one.seen == []  # nobody waits for them
    await board.close()

    assert one.seen == two.seen == list("01234")


async def test_a_slow_observer_misses_notices_and_that_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    slow, quick = Seeing(), Seeing()
    slow.may_go_on.clear()
    board = NoticeBus(observed_by(slow, quick), waiting=2)

    for number in range(5):
        board.publish(notice(number))
        await asyncio.sleep(0.001)
    slow.may_go_on.set()
    with caplog.at_level(logging.ERROR):
        await board.close()

    assert quick.seen == list("01234")
    assert slow.seen == list("012")
    assert "slow: missed 2" in caplog.text


async def test_an_observer_that_hangs_is_left_to_itself() -> None:
    hanging = Seeing()
    hanging.may_go_on.clear()
    board = NoticeBus(observed_by(hanging), seconds=0.01)

    board.publish(notice(1))
    await board.close()

    hanging.may_go_on.set()
    board.publish(notice(2))
    await board.close()
    assert hanging.seen == ["2"]


async def test_an_observer_whose_plugin_went_is_told_no_more() -> None:
    gone, later = Seeing(), Seeing()
    source = observed_by(gone)
    board = NoticeBus(source)
    board.publish(notice(1))
    await board.close()

    source.the_observers[:] = [Registered("watcher", later)]
    board.publish(notice(2))
    await board.close()

    assert (gone.seen, later.seen) == (["1"], ["2"])


async def test_what_a_conversation_gives_notice_of() -> None:
    model = FakeModel(
        [ToolRequest("look", '{"q": 1}'), CALLS],
        [ToolRequest("send", '{"q": 1}'), CALLS],
    )
    house = build(model, FakeTool("look"), FakeTool("send", Effect.WRITE))

    events = await house.say("a secret")

    published = house.extensions.published
    assert [each.type.value for each in published] == [
        "conversation.created",
        "tool.executed",
        "consent.required",
    ]
    created, executed, required = (dict(each.data) for each in published)
    conversation = conversation_of(events)
    assert created == {"conversation_id": conversation, "user_id": ANN.id}
    assert executed.items() >= {
        ("conversation_id", conversation),
        ("tool", "look"),
        ("plugin", "fake"),
        ("effect", "read"),
        ("outcome", "finished"),
    }
    (request,) = [event.body for event in events if isinstance(event.body, ConsentRequested)]
    assert (required["request_id"], required["tool"]) == (request.request_id, "send")
    assert "secret" not in str(published)
    told = list(house.store.memory.notices.values())  # webhooks: the same, and where it happened
    assert [each.type for each in told] == [each.type for each in published[1:]]
    for observed, each in zip(published[1:], told, strict=True):
        known = {name: value for name, value in observed.data.items() if name != "plugin"}
        assert {**known, "cursor": each.data["cursor"]} == each.data
    at = [read_cursor(each.data["run_id"], each.data["cursor"]).number for each in told]
    numbers = [e.number for e in events if isinstance(e.body, ToolFinished | ConsentRequested)]
    assert at == numbers


async def test_how_a_run_ends() -> None:
    house = build(FakeModel([Text("Hello."), STOP], [OSError("down")]))

    events = await house.say()
    await house.say("again", conversation_of(events))
    await house.worker.stop(1)

    _, completed, failed = house.extensions.published
    assert completed.type is NoticeType.RUN_COMPLETED
    assert (failed.type, failed.data["code"]) == (NoticeType.RUN_FAILED, "INTERNAL")
    told = house.store.memory.notices.values()
    assert [each.type for each in told] == [NoticeType.RUN_COMPLETED, NoticeType.RUN_FAILED]


async def test_webhooks_are_not_told_of_calls_that_never_began_and_of_cancelled_runs() -> None:
    house = build(FakeModel([ToolRequest("nothing", "{}"), CALLS], [asyncio.Event()]))
    started = await house.chat.send(ANN, "hi")
    await house.until(started.run_id, ToolErred)
    await house.chat.cancel(ANN, started.run_id)
    assert last(await house.events(started.run_id)).status == "cancelled"
    assert house.store.memory.notices == {}

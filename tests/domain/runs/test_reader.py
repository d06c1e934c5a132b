"""Who reads a run of their own, and what becomes of it when they leave."""

import asyncio
from contextlib import aclosing

import pytest

from domain.models.messages import Text, ToolRequest
from domain.runs.events import Chunk
from domain.runs.reader import OnDisconnect
from domain.runs.states import RunStatus
from domain.tools.tool import Effect
from tests.domain.builders import ANN
from tests.domain.house import CALLS, STOP, House, build, last
from tests.fakes.models import FakeModel
from tests.fakes.tools import FakeTool


async def leave_early(house: House, run_id: str, on_disconnect: OnDisconnect) -> None:
    """Read up to the first piece, and go."""
    reader = await house.chat.follow(ANN, run_id, on_disconnect=on_disconnect)
    async with aclosing(reader.events()) as batches:
        async for batch in batches:
            if any(isinstance(event.body, Chunk) for event in batch):
                return


@pytest.mark.parametrize(
    ("on_disconnect", "is_draining", "status"),
    [
        (OnDisconnect.CONTINUE, False, "completed"),
        (OnDisconnect.CANCEL, False, "cancelled"),
        (OnDisconnect.CANCEL, True, "completed"),  # it is the service that leaves
    ],
)
async def test_what_becomes_of_a_run_whose_reader_leaves(
    on_disconnect: OnDisconnect, is_draining: bool, status: str
) -> None:
    gate = asyncio.Event()
    house = build(FakeModel([Text("a"), gate, Text("b"), STOP]))
    started = await house.chat.send(ANN, "hi")
    await house.until(started.run_id, Chunk)

    house.live.is_draining = is_draining
    await leave_early(house, started.run_id, on_disconnect)
    house.live.is_draining = False
    gate.set()

    assert last(await house.events(started.run_id)).status == status


async def test_who_is_cancelled_while_waiting_for_the_answer_has_left() -> None:
    house = build(FakeModel([asyncio.Event()]))
    started = await house.chat.send(ANN, "hi")
    reader = await house.chat.follow(
        ANN, started.run_id, whole=True, on_disconnect=OnDisconnect.CANCEL
    )
    waiting = asyncio.create_task(reader.answer())
    while not house.live.followers:
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert last(await house.events(started.run_id)).status == "cancelled"


@pytest.mark.parametrize("is_first", [False, True])
async def test_who_has_read_to_the_end_has_not_left(is_first: bool) -> None:
    tool = FakeTool("send", Effect.WRITE)
    house = build(FakeModel([ToolRequest("send", "{}"), CALLS]), tool)
    started = await house.chat.send(ANN, "hi")
    reader = await house.chat.follow(
        ANN, started.run_id, is_first=is_first, on_disconnect=OnDisconnect.CANCEL
    )
    answer = await reader.answer()
    assert (answer.status, [each.tool for each in answer.consents]) == (
        RunStatus.WAITING_CONSENT,
        ["send"],
    )
    record = await house.store.runs.of_user(ANN.id, started.run_id)
    assert not record.cancel_requested

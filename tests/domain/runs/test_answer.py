"""What the events of a run amount to."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from domain.runs.answer import collect, up_to_first_wait
from domain.runs.events import Answered, Body, Chunk, Ended, Event, Paused, Retried
from domain.runs.states import RunStatus
from domain.shared.errors import Unavailable
from tests.domain.builders import numbered, started

BEGUN: list[Body] = [started(), Chunk("lost"), Chunk(" too")]
GOES_ON: list[Body] = [
    Retried(1, 1),
    Chunk("kept"),
    Answered("m", "kept"),
    Ended(RunStatus.COMPLETED, "end", 1, 2),
]


async def moving() -> AsyncGenerator[Sequence[Event], None]:
    """A run that another worker took over before its pieces were stored."""
    yield numbered(BEGUN)
    yield numbered(GOES_ON, 2, 2)


async def test_pieces_that_were_never_stored_are_replaced() -> None:
    for batches in (moving(), up_to_first_wait("r", moving())):
        answer = await collect("r", batches)

        assert (answer.text, answer.status) == ("kept", RunStatus.COMPLETED)
        assert (answer.outcome.stop, answer.problem) == ("end", None)
        assert (answer.conversation_id, answer.message_id) == (
            started().conversation_id,
            started().message_id,
        )


async def test_a_pause_replaces_nothing() -> None:
    async def waiting() -> AsyncGenerator[Sequence[Event], None]:
        yield [*numbered(BEGUN), Event(3, 1, Paused(0, 0))]

    answer = await collect("r", waiting())

    assert (answer.text, answer.status) == ("lost too", RunStatus.WAITING_CONSENT)


async def test_a_run_that_goes_on_elsewhere_is_no_answer() -> None:
    async def cut() -> AsyncGenerator[Sequence[Event], None]:
        yield numbered(BEGUN)

    with pytest.raises(Unavailable) as refused:
        await collect("r", cut())

    place = {"run_id": "r", "conversation_id": started().conversation_id}
    assert refused.value.details == place

"""What becomes of a stream of events in the edge."""

from collections.abc import AsyncGenerator, Sequence

from domain.events import Answered, Body, Chunk, Ended, Event, Paused, Retried
from domain.run_states import RunStatus
from entrypoints.http.streams import collect, first_answer
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
    for batches in (moving(), first_answer("r", moving())):
        told = await collect("r", batches)

        assert [event.number for event in told.events] == [1, 2, 3, 4, 5]
        assert told.run.text == "kept"
        assert not told.is_waiting


async def test_a_pause_replaces_nothing() -> None:
    async def waiting() -> AsyncGenerator[Sequence[Event], None]:
        yield [Event(1, 1, started()), Event(1, 1, Paused(0, 0))]

    told = await collect("r", waiting())

    assert [event.number for event in told.events] == [1]
    assert told.is_waiting

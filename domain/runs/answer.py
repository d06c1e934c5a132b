"""The answer of a run as one record: the fold of its events."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from domain.conversations.calls import Problem
from domain.runs.call_events import ConsentRequested, ToolErred, ToolFinished
from domain.runs.events import Event, Paused
from domain.runs.folding import advance, fold
from domain.runs.following import Batches
from domain.runs.outcomes import RunOutcome, outcome_of
from domain.runs.run import Call, Run
from domain.runs.states import RunStatus
from domain.shared.errors import Unavailable


@dataclass(frozen=True, slots=True)
class RunAnswer:
    """The result of a run, up to its end or to where it waits for a human.

    A direct run has empty ids of conversation and message. ``consents`` are the requests it waits
    for, ``durations`` the milliseconds of each call that gave a result, by the call's id.
    """

    run_id: str
    conversation_id: str
    message_id: str
    status: RunStatus
    text: str
    calls: Sequence[Call]
    consents: Sequence[ConsentRequested]
    outcome: RunOutcome
    durations: Mapping[str, float]

    @property
    def problem(self) -> Problem | None:
        """Why the run failed; None where it did not."""
        return self.outcome.problem if self.status is RunStatus.FAILED else None

    @property
    def place(self) -> dict[str, str]:
        """The ids of run and conversation, for the details of an error."""
        return _place(self.run_id, self.conversation_id)


async def collect(run_id: str, batches: Batches) -> RunAnswer:
    """Read a run's events to the end or the first wait, and return its answer.

    Raises:
        Unavailable: the service stops, and the run goes on elsewhere.

    """
    events: list[Event] = []
    async with aclosing(batches):
        async for batch in batches:
            for event in batch:
                _add(events, event)
    is_waiting = bool(events) and isinstance(events[-1].body, Paused)
    if is_waiting:
        events.pop()
    run = fold(run_id, events)
    if not (is_waiting or run.status.is_final):
        message = "The service is stopping. The run goes on: follow its events."
        raise Unavailable(message, details=_place(run.id, run.started.conversation_id))
    return answer_of(run, events, is_waiting=is_waiting)


def answer_of(run: Run, events: Sequence[Event], *, is_waiting: bool) -> RunAnswer:
    """Return the answer of a run with these events."""
    bodies = [event.body for event in events]
    waiting = {call.request_id for call in run.calls.values() if call.is_waiting}
    requested = [body for body in bodies if isinstance(body, ConsentRequested)]
    return RunAnswer(
        run_id=run.id,
        conversation_id=run.started.conversation_id,
        message_id=run.started.message_id,
        status=RunStatus.WAITING_CONSENT if is_waiting else run.status,
        text=run.text,
        calls=tuple(run.own_calls),
        consents=[body for body in requested if is_waiting and body.request_id in waiting],
        outcome=outcome_of(run),
        durations={b.call_id: b.duration_ms for b in bodies if isinstance(b, ToolFinished)},
    )


async def up_to_first_wait(run_id: str, batches: Batches) -> Batches:
    """Yield the events up to where the run first had to wait for a human.

    So a repeated request gets the same answer, however far its run has come since.
    """
    run: Run | None = None
    unfolded: list[Event] = []
    async with aclosing(batches):
        async for batch in batches:
            for place, event in enumerate(batch):
                if run is not None and not unfolded and _has_to_wait(run):
                    yield [*batch[:place], Event(run.number, run.attempt, run.paused())]
                    return
                _add(unfolded, event)
                if isinstance(event.body, ConsentRequested | ToolFinished | ToolErred):
                    run = advance(run, unfolded) if run is not None else fold(run_id, unfolded)
                    unfolded = []
            yield batch


def _add(events: list[Event], event: Event) -> None:
    """Add an event; it replaces those of an earlier attempt with its number or a higher one."""
    while events and events[-1].number >= event.number and not isinstance(event.body, Paused):
        events.pop()
    events.append(event)


def _has_to_wait(run: Run) -> bool:
    pending = run.unsettled
    return bool(pending) and all(call.is_waiting for call in pending)


def _place(run_id: str, conversation_id: str) -> dict[str, str]:
    where = {"run_id": run_id, "conversation_id": conversation_id}
    return {name: value for name, value in where.items() if value}

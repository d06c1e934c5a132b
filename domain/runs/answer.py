"""The answer that a run amounts to: its events so far, folded into one record."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from domain.conversations.calls import Problem
from domain.runs.events import ConsentRequested, Event, Paused, ToolErred, ToolFinished
from domain.runs.folding import advance, fold
from domain.runs.following import Batches
from domain.runs.outcomes import RunOutcome, outcome_of
from domain.runs.run import Call, Run
from domain.runs.states import RunStatus
from domain.shared.errors import Unavailable


@dataclass(frozen=True, slots=True)
class RunAnswer:
    """What came of a run, up to its end or to where it waits for a human.

    The ids of a direct run's conversation and message are empty. ``consents`` are what it waits
    for, ``durations`` how many milliseconds each call took that gave a result, by the call's id.
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
        """The ids by which the run can be looked at, for an error about it."""
        return _place(self.run_id, self.conversation_id)


async def collect(run_id: str, batches: Batches) -> RunAnswer:
    """Return what the events of a run amount to.

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
    """Return the answer of a run, whose events these are."""
    bodies = [event.body for event in events]
    waiting = {call.request_id for call in run.calls.values() if call.is_waiting}
    asked = [body for body in bodies if isinstance(body, ConsentRequested)]
    return RunAnswer(
        run_id=run.id,
        conversation_id=run.started.conversation_id,
        message_id=run.started.message_id,
        status=RunStatus.WAITING_CONSENT if is_waiting else run.status,
        text=run.text,
        calls=tuple(run.calls.values()),
        consents=[body for body in asked if is_waiting and body.request_id in waiting],
        outcome=outcome_of(run),
        durations={b.call_id: b.duration_ms for b in bodies if isinstance(b, ToolFinished)},
    )


async def up_to_first_wait(run_id: str, batches: Batches) -> Batches:
    """Yield the events up to where the run first has to wait for a human.

    So a request that comes again is answered as it was, however far its run is by now.
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
    """Add an event; those that another attempt numbers anew were never stored, and go."""
    while events and events[-1].number >= event.number and not isinstance(event.body, Paused):
        events.pop()
    events.append(event)


def _has_to_wait(run: Run) -> bool:
    pending = run.unsettled
    return bool(pending) and all(call.is_waiting for call in pending)


def _place(run_id: str, conversation_id: str) -> dict[str, str]:
    where = {"run_id": run_id, "conversation_id": conversation_id}
    return {name: value for name, value in where.items() if value}

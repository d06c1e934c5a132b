"""The fold of a run's events into its state: `fold` all of them, or `advance` by later ones."""

from collections.abc import Iterable
from dataclasses import replace

from domain.consents.consent import ConsentKind
from domain.conversations.calls import Problem
from domain.models.messages import ModelChoice, Usage
from domain.runs.call_events import (
    CallBody,
    ConsentAnswered,
    ConsentRequested,
    ModelAsked,
    ToolErred,
    ToolFinished,
    ToolIntended,
    ToolProgressed,
    ToolStarted,
)
from domain.runs.events import (
    Answered,
    Body,
    Chunk,
    Ended,
    Erred,
    Event,
    Paused,
    QuestionGuarded,
    Released,
    Resumed,
    Retried,
    RunStarted,
    StepEnded,
    Thinking,
)
from domain.runs.run import Aside, Call, Run, Step
from domain.runs.states import CallState
from domain.tools.questions import QuestionAnswer, QuestionKind, ToolQuestion


def fold(run_id: str, events: Iterable[Event]) -> Run:
    """Return the state of a run after these events, which begin with the first.

    Raises:
        ValueError: the first event is not a `RunStarted`, or the numbers have a gap.

    """
    ordered = iter(events)
    first = next(ordered, None)
    if first is None or not isinstance(first.body, RunStarted):
        raise ValueError(f"run {run_id} does not begin with its start")
    return advance(Run(run_id, first.body, first.attempt, first.number), ordered)


def advance(run: Run, events: Iterable[Event]) -> Run:
    """Return the run's state after further events, which must follow on its number.

    Raises:
        ValueError: the numbers have a gap, or an event cannot stand at its place.

    """
    pieces: list[str] = []
    number, attempt = run.number, run.attempt
    for event in events:
        if event.number != number + 1:
            raise ValueError(f"run {run.id}: event {event.number} follows {number}")
        number, attempt = event.number, event.attempt
        if isinstance(event.body, Chunk):
            pieces.append(event.body.content)
        elif isinstance(event.body, Released | Resumed):  # they change nothing but the losses
            run = _handed_over(run, event.body)
        elif isinstance(event.body, QuestionGuarded):  # no piece comes before it
            run = replace(run, question=event.body)
        elif not isinstance(event.body, Thinking | ToolProgressed):
            run = _apply(_with_text(run, pieces), event.body)
            run = replace(run, stands=(attempt, number))
            pieces.clear()
    return replace(_with_text(run, pieces), number=number, attempt=attempt)


def _with_text(run: Run, pieces: list[str]) -> Run:
    return replace(run, open_text=run.open_text + "".join(pieces)) if pieces else run


def _apply(run: Run, body: Body) -> Run:
    match body:
        case StepEnded():
            step = _ended(run, body)
            return replace(
                run,
                steps=(*run.steps, step),
                open_text="",
                open_calls=(),
                usage=run.usage + step.usage,
                losses=0,
            )
        case Retried():
            return replace(run, open_text="", open_calls=(), losses=run.losses + 1)
        case Erred():
            return replace(run, problem=Problem(body.code, body.message, body.details))
        case Ended():
            return replace(run, status=body.status)
        case Answered():
            return run
        case RunStarted() | Paused() | Chunk() | Thinking() | ToolProgressed():
            raise ValueError(f"run {run.id}: {body.type} cannot stand here")
        case Released() | Resumed() | QuestionGuarded():
            raise AssertionError("`advance` has dealt with it")
        case _:
            return _apply_to_call(run, body)


def _handed_over(run: Run, body: Released | Resumed) -> Run:
    if isinstance(body, Resumed):
        return replace(run, losses=run.losses + 1)
    calls = {
        call.id: replace(call, releases=call.releases + 1)
        for call in run.calls.values()
        if call.state is CallState.STARTED
    }
    # The `Resumed` or `Retried` that follows adds one.
    return replace(run, calls={**run.calls, **calls}, losses=run.losses - 1)


def _ended(run: Run, body: StepEnded) -> Step:
    return Step(
        text=run.open_text,
        call_ids=run.open_calls,
        stop=body.stop,
        choice=ModelChoice(body.provider, body.model),
        usage=Usage(body.input_tokens, body.output_tokens, body.cached_tokens),
        cost_usd=body.cost_usd,
        memento=body.memento,
        warnings=body.warnings,
    )


def _apply_to_call(run: Run, body: CallBody) -> Run:
    if isinstance(body, ToolIntended):
        call = call_of(body)
        if call.parent is None:
            run = replace(run, open_calls=(*run.open_calls, call.id))
    elif isinstance(body, ModelAsked):
        aside = _aside(body)
        asking = run.calls[body.call_id]
        call = replace(asking, asides=(*asking.asides, aside))
        run = replace(run, usage=run.usage + aside.usage)
    else:
        call = _call_after(run.calls[body.call_id], body)
    if not isinstance(body, ToolIntended | ToolStarted):  # the step made progress
        run = replace(run, losses=0)
    return replace(run, calls={**run.calls, call.id: call})


def call_of(body: ToolIntended) -> Call:
    """Return the state of a call that was requested, and nothing more yet."""
    return Call(
        id=body.call_id,
        tool=body.tool,
        params=body.params,
        effect=body.effect,
        version=body.version,
        idempotent=body.idempotent,
        confirm=body.confirm,
        parent=body.parent,
    )


def _aside(body: ModelAsked) -> Aside:
    usage = Usage(body.input_tokens, body.output_tokens, body.cached_tokens)
    return Aside(body.digest, body.text, usage, body.cost_usd)


def _call_after(call: Call, body: CallBody) -> Call:
    match body:
        case ConsentRequested():
            return _requested(call, body)
        case ConsentAnswered():
            return _answered(call, body)
        case ToolStarted():
            return replace(call, state=CallState.STARTED, starts=call.starts + 1)
        case ToolFinished():
            return replace(call, state=CallState.FINISHED, result=body.result)
        case ToolErred():
            return replace(call, state=body.outcome, problem=body.problem)
        case _:
            return call


def _requested(call: Call, body: ConsentRequested) -> Call:
    call = replace(call, request_id=body.request_id)
    match body.kind:
        case ConsentKind.APPROVAL:
            return replace(call, state=CallState.ASKED)
        case ConsentKind.OUTCOME:
            return replace(call, state=CallState.UNSURE)
    return replace(
        call,
        state=CallState.SUSPENDED,
        suspensions=call.suspensions + 1,
        question=ToolQuestion(QuestionKind(body.kind), body.message, body.fields),
    )


def _answered(call: Call, body: ConsentAnswered) -> Call:
    if call.question is not None:  # the next attempt is given the answer, a no as well
        answer = QuestionAnswer(call.question, body.values, body.reason)
        answers = (*call.answers, answer)
        return replace(call, state=CallState.APPROVED, question=None, answers=answers)
    if not body.status.lets_run:  # a `ToolErred` follows, which settles the call
        return call
    is_edited = call.is_edited or body.is_edited
    return replace(
        call,
        state=CallState.APPROVED,
        params=body.params,
        is_edited=is_edited,
        is_approved=True,
    )

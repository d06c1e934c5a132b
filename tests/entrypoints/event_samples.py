"""One event of every kind, at least."""

from domain.consents.consent import ConsentKind, ConsentStatus
from domain.models.messages import StopReason
from domain.policy.policy import Autonomy
from domain.runs import call_events, events
from domain.runs.states import CallState, RunStatus
from domain.tools.tool import Effect

ID = "01993e2b-7c1d-7e52-9a57-2b1f4c1d8e90"
PROBLEM = ("CODE", "Why.", {"more": [1]})
BODIES: list[events.Body] = [
    events.RunStarted(ID, ID, ID, ID, "offline", "offline-1", Autonomy.SEMI, 20),
    events.QuestionGuarded(ID, "Hello"),
    events.QuestionGuarded(ID, None),
    events.Thinking("Hm."),
    events.Chunk("Well"),
    call_events.ToolIntended("1", "calculator", {"a": 1}, Effect.READ, "v"),
    call_events.ConsentRequested(
        *(
            ID,
            "1",
            ConsentKind.APPROVAL,
            "calculator",
            {"a": 1},
            Effect.WRITE,
            "rule 1",
            "calculator(a=1)",
        ),
        *("0" * 64, "2026-01-02T03:04:05+00:00"),
    ),
    call_events.ConsentRequested(
        *(
            ID,
            "1",
            ConsentKind.INPUT,
            "calculator",
            {"a": 1},
            Effect.WRITE,
            "the tool",
            "How many?",
        ),
        *("0" * 64, "2026-01-02T03:04:05+00:00"),
        message="How many?",
        fields={"schema": {"type": "object"}},
    ),
    call_events.ConsentAnswered(ID, "1", ConsentStatus.APPROVED, {"a": 1}, "0" * 64, ""),
    events.StepEnded(StopReason.END, 1, 2, 0),
    call_events.ToolStarted("1"),
    call_events.ToolIntended("2", "calculator", {"a": 1}, Effect.READ, "v", parent="1"),
    call_events.ModelAsked("1", "0" * 64, "Well", "offline", "offline-1", 1, 2),
    call_events.ToolProgressed("1", "calculator", "Half of it.", 0.5),
    call_events.ToolProgressed("1", "calculator", "Nearly."),
    call_events.ToolProgressed("1", "calculator", "39", None, "39"),
    call_events.ToolFinished("1", "calculator", None, 1.5),
    call_events.ToolErred("1", "calculator", CallState.FAILED, *PROBLEM),
    call_events.ToolErred("1", "calculator", CallState.FAILED, *PROBLEM, None, True),
    events.Retried(1, 2),
    events.Released(),
    events.Resumed(),
    events.Paused(1, 2),
    events.Answered(ID, "Well"),
    events.Erred(*PROBLEM),
    events.Ended(RunStatus.COMPLETED, "end", 1, 2, ("1",)),
]

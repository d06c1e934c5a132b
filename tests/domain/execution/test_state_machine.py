"""A run through random models, tools, humans and crashes: the promises hold at every turn."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.consents.consent import (
    Consent,
    ConsentDecision,
    ConsentKind,
    ConsentStatus,
    answered,
    expired,
)
from domain.execution.questions import ask_about, ask_for, news_of, requested
from domain.execution.tool_calls import settled
from domain.models.messages import StopReason
from domain.policy.policy import Autonomy, Policy
from domain.runs.call_events import ToolFinished, ToolIntended, ToolStarted
from domain.runs.decide import (
    MOST_LOSSES,
    AskHuman,
    AskModel,
    CallTools,
    Finish,
    SettleCalls,
    Wait,
    decide,
)
from domain.runs.events import (
    Answered,
    Body,
    Chunk,
    Ended,
    Event,
    Released,
    Resumed,
    Retried,
    StepEnded,
)
from domain.runs.folding import advance, fold
from domain.runs.run import Call, Run
from domain.runs.states import CallState, RunStatus
from domain.tools.questions import QuestionKind, ToolQuestion
from domain.tools.tool import Effect
from tests.domain.builders import NOW, RUN, numbered, started

YES = ConsentStatus.APPROVED
ANSWERS = {
    ConsentKind.APPROVAL: [YES, ConsentStatus.DENIED, ConsentStatus.EXPIRED],
    ConsentKind.OUTCOME: [
        ConsentStatus.DONE,
        ConsentStatus.NOT_DONE,
        ConsentStatus.TRY_AGAIN,
        ConsentStatus.DENIED,
        ConsentStatus.EXPIRED,
    ],
    ConsentKind.INPUT: [YES, ConsentStatus.DENIED, ConsentStatus.EXPIRED],
}
MOST_QUESTIONS = 3


class Crash(Exception):
    """The process is gone: what was not stored never was."""


class RunMachine(RuleBasedStateMachine):
    """One run, its log, its consents, and a world that counts what was done to it."""

    @initialize(autonomy=st.sampled_from(Autonomy), steps=st.integers(1, 4))
    def begin(self, autonomy: Autonomy, steps: int) -> None:
        self.log: list[Event] = numbered([started(autonomy=autonomy, max_steps=steps)])
        self.attempt = 1
        self.consents: dict[str, Consent] = {}
        self.effects: Counter[str] = Counter()
        self.arguments: dict[str, list[Any]] = {}
        self.policy = Policy(autonomy)
        self.held: set[str] = set()  # calls that a plugin wanted approved
        self.calls = 0
        self.halt: Finish | None = None

    @property
    def run(self) -> Run:
        return fold(RUN, self.log)

    def store(self, *bodies: Body) -> None:
        for body in bodies:
            self.log.append(Event(len(self.log) + 1, self.attempt, body))

    def crash(self) -> None:
        """Another worker takes over, as `Worker` does."""
        self.attempt += 1
        run = self.run
        if run.status.is_final:
            return
        if not run.unsettled:
            self.store(Retried(*run.stands))
        elif not all(call.is_waiting for call in run.unsettled):
            self.store(Resumed())

    @precondition(lambda self: not self.run.status.is_final)
    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        try:
            self.perform(data)
        except Crash:
            self.crash()

    @precondition(lambda self: any(c.status is ConsentStatus.WAITING for c in self.waiting()))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """A human answers one of the requests, perhaps with other arguments."""
        consent = data.draw(st.sampled_from(list(self.waiting())))
        status = data.draw(st.sampled_from(ANSWERS[consent.kind]))
        drawn = {"n": data.draw(st.integers(0, 9))} if status is YES else None
        if consent.kind is ConsentKind.INPUT:
            answer = ConsentDecision(status, None, "", drawn)
        else:
            answer = ConsentDecision(status, drawn if data.draw(st.booleans()) else None)
        is_late = status is ConsentStatus.EXPIRED
        self.consents[consent.id] = (
            expired(consent, NOW) if is_late else answered(consent, answer, NOW)
        )

    @precondition(lambda self: not self.run.status.is_final)
    @rule()
    def cancel(self) -> None:
        self.halt = Finish(RunStatus.CANCELLED)

    @rule()
    def die(self) -> None:
        self.crash()

    @precondition(lambda self: not self.run.status.is_final)
    @rule()
    def stop(self) -> None:
        """The worker is told to stop, and another one takes over."""
        self.store(Released())
        self.crash()

    def waiting(self) -> Sequence[Consent]:
        return [c for c in self.consents.values() if c.status is ConsentStatus.WAITING]

    def may_crash(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 5)) == 0:
            raise Crash

    def perform(self, data: st.DataObject) -> None:
        run = self.run
        match decide(run, self.policy, "ann", self.halt):
            case AskModel():
                self.think(data)
            case CallTools(calls):
                for call, _ in calls:
                    if self.is_held(call, data):
                        self.request(call)
                    else:
                        self.call(call, data)
            case SettleCalls(calls):
                self.store(*[settled(call, state, why) for call, state, why in calls])
            case AskHuman(questions):
                asked = ask_about(run, questions, NOW, {})
                self.consents |= {consent.id: consent for consent in asked}
                self.store(*[requested(consent) for consent in asked])
            case Wait():
                self.store(*news_of(run, list(self.consents.values())))
            case Finish(status, _):
                if status is RunStatus.COMPLETED:
                    self.store(Answered(run.started.message_id, run.text))
                self.store(Ended(status, "end", 0, 0))

    def is_held(self, call: Call, data: st.DataObject) -> bool:
        """Tell whether a plugin wants a human to approve the call, as the gate does."""
        can_be = call.state is not CallState.STARTED and not call.is_approved
        return can_be and bool(data.draw(st.booleans()))

    def request(self, call: Call) -> None:
        questions = [(call, ConsentKind.APPROVAL, "a plugin")]
        (consent,) = ask_about(self.run, questions, NOW, {})
        self.consents[consent.id] = consent
        self.store(requested(consent))
        self.held.add(call.id)

    def think(self, data: st.DataObject) -> None:
        for piece in data.draw(st.lists(st.text("ab ", min_size=1, max_size=3), max_size=3)):
            self.may_crash(data)
            self.store(Chunk(piece))
        self.may_crash(data)
        wanted = data.draw(st.lists(st.sampled_from(Effect), max_size=3))
        intended: list[Body] = []
        for effect in wanted:
            self.calls += 1
            idempotent = data.draw(st.booleans())
            call_id = f"call-{self.calls}"
            intended.append(ToolIntended(call_id, "t", {"n": 0}, effect, "v", idempotent))
        stop = StopReason.TOOL_CALLS if wanted else StopReason.END
        self.store(*intended, StepEnded(stop, 1, 1, 0))

    def call(self, call: Call, data: st.DataObject) -> None:
        self.store(ToolStarted(call.id))
        self.may_crash(data)
        if len(call.answers) < MOST_QUESTIONS and data.draw(st.integers(0, 2)) == 0:
            self.put(call, ToolQuestion(QuestionKind.INPUT, f"Question {len(call.answers)}?"))
            return
        assert call.id not in self.held or self.has_approved(call)
        self.effects[call.id] += 1
        self.arguments.setdefault(call.id, []).append(call.params)
        self.may_crash(data)
        self.store(ToolFinished(call.id, call.tool, None, 0.0))

    def put(self, call: Call, question: ToolQuestion) -> None:
        """The tool asks its user, which ends the attempt: it does nothing."""
        consent = ask_for(self.run, call, question, NOW)
        self.consents[consent.id] = consent
        self.store(requested(consent))

    @invariant()
    def every_answer_is_given_to_the_tool_in_order(self) -> None:
        if not hasattr(self, "log"):
            return
        for call in self.run.calls.values():
            given = [each.question.message for each in call.answers]
            assert given == [f"Question {place}?" for place in range(len(given))]
            known = [
                c.values for c in self.consents.values() if c.call_id == call.id and c.question
            ]
            assert [each.values for each in call.answers] == known[: len(given)]

    @invariant()
    def no_effect_is_repeated_unasked(self) -> None:
        if not hasattr(self, "log"):
            return
        again = Counter(
            c.call_id for c in self.consents.values() if c.status is ConsentStatus.TRY_AGAIN
        )
        for call in self.run.calls.values():
            if not call.can_repeat:
                assert self.effects[call.id] <= 1 + again[call.id], call

    @invariant()
    def no_call_takes_a_third_worker_down_unasked(self) -> None:
        if not hasattr(self, "log"):
            return
        again = Counter(
            c.call_id for c in self.consents.values() if c.status is ConsentStatus.TRY_AGAIN
        )
        for call in self.run.calls.values():
            assert call.losses <= MOST_LOSSES + again[call.id], call

    @invariant()
    def nothing_runs_that_was_not_allowed(self) -> None:
        if not hasattr(self, "log"):
            return
        approved = {
            c.call_id: c.params
            for c in self.consents.values()
            if c.kind is ConsentKind.APPROVAL and c.status is YES
        }
        free = {
            Autonomy.MANUAL: (),
            Autonomy.SEMI: (Effect.READ,),
            Autonomy.FULL: tuple(Effect),
        }[self.policy.autonomy]
        for call in self.run.calls.values():
            if self.effects[call.id] and call.effect not in free:
                assert call.id in approved
                assert self.arguments[call.id][0] == approved[call.id]

    @invariant()
    def an_effect_that_is_done_is_known_or_said_to_be_unknown(self) -> None:
        if not hasattr(self, "log"):
            return
        run = self.run
        if run.status.is_final:
            assert run.unsettled == []
            for call in run.calls.values():
                if self.effects[call.id] == 0:
                    assert call.state is not CallState.FINISHED or self.user_said_done(call.id)
                elif call.effect is not Effect.READ:
                    assert call.may_have_acted or self.user_said_otherwise(call.id)

    def has_approved(self, call: Call) -> bool:
        return any(
            (c.call_id, c.kind, c.status, c.params)
            == (call.id, ConsentKind.APPROVAL, YES, call.params)
            for c in self.consents.values()
        )

    def user_said_done(self, call_id: str) -> bool:
        said = [c.status for c in self.consents.values() if c.call_id == call_id]
        return ConsentStatus.DONE in said

    def user_said_otherwise(self, call_id: str) -> bool:
        said = [c.status for c in self.consents.values() if c.call_id == call_id]
        return ConsentStatus.NOT_DONE in said

    @invariant()
    def the_log_folds_without_a_gap(self) -> None:
        if not hasattr(self, "log"):
            return
        assert [event.number for event in self.log] == list(range(1, len(self.log) + 1))
        middle = max(1, len(self.log) // 2)
        assert advance(fold(RUN, self.log[:middle]), self.log[middle:]) == self.run

    def teardown(self) -> None:
        """Whatever happened, the run can be brought to its end, and its text is whole."""
        if not hasattr(self, "log"):
            return
        for _ in range(200):
            if self.run.status.is_final:
                break
            for consent in self.waiting():
                denied = answered(consent, ConsentDecision(ConsentStatus.DENIED), NOW)
                self.consents[consent.id] = denied
            self.perform(_Calm())  # type: ignore[arg-type]  # a model without ideas
        run = self.run
        assert run.status.is_final
        if run.status is RunStatus.COMPLETED:
            (message,) = [e.body for e in self.log if isinstance(e.body, Answered)]
            assert message.content == run.text == shown(self.log)


class _Calm:
    """Draws nothing: no pieces, no calls, no crash."""

    def draw(self, strategy: Any) -> Any:
        return 1 if strategy == st.integers(0, 5) else []


def shown(events: Sequence[Event]) -> str:
    """What a client has on its screen."""
    pieces: list[tuple[int, int, str]] = []
    for event in events:
        if isinstance(event.body, Chunk):
            pieces.append((event.attempt, event.number, event.body.content))
        elif isinstance(event.body, Retried):
            stands = (event.body.after_attempt, event.body.after_number)
            pieces = [piece for piece in pieces if piece[:2] <= stands]
    return "".join(text for _, _, text in pieces)


RunMachine.TestCase.settings = settings(stateful_step_count=30, deadline=None)
TestRunMachine = RunMachine.TestCase

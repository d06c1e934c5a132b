"""Guards of messages in a run: the user's message before the model, answers before the client."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.conversations.calls import Problem
from domain.execution.prompt import GAP
from domain.execution.task import Task
from domain.models.messages import Reasoning, Text, UserTurn
from domain.plugins.guard_check import GuardCheck, GuardRuling
from domain.plugins.guards import GuardedMessage, GuardOffer, GuardPoint
from domain.plugins.plugin import Registered
from domain.runs.events import Body, Chunk, QuestionGuarded, Retried, Thinking
from domain.runs.journal import Journal
from domain.runs.run import Run


@dataclass(frozen=True, slots=True)
class Release:
    """What became of an answer: guards changed it, or it is withheld because of a problem."""

    is_changed: bool = False
    problem: Problem | None = None


class StreamedAnswer:
    """An answer that nobody guards: its pieces are shown as they come."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._gap = GAP if journal.run.text else ""

    def add(self, piece: Text | Reasoning) -> None:
        """Show a piece."""
        if isinstance(piece, Reasoning):
            self._journal.say(Thinking(piece.content))
            return
        self._journal.say(Chunk(self._gap + piece.content))
        self._gap = ""

    async def text_was_reasoning(self) -> None:
        """Withdraw the text so far, and show it as reasoning."""
        journal, run = self._journal, self._journal.run
        thought = run.open_text.removeprefix(GAP)
        await journal.record(Retried(*run.stands))
        if thought:
            journal.say(Thinking(thought))
        self._gap = GAP if journal.run.text else ""

    async def release(self) -> Release:
        """Return that it was shown as it is."""
        return Release()


class HeldAnswer:
    """An answer that is held until it is whole and its guards have seen it.

    Nothing of it is shown or stored before. Reasoning that they block is left out; it is no part of
    the answer.
    """

    def __init__(
        self, task: Task, check: GuardCheck, guards: Sequence[Registered[GuardOffer]]
    ) -> None:
        self._task = task
        self._check = check
        self._guards = guards
        self._text: list[str] = []
        self._reasoning: list[str] = []

    def add(self, piece: Text | Reasoning) -> None:
        """Hold a piece."""
        (self._reasoning if isinstance(piece, Reasoning) else self._text).append(piece.content)

    async def text_was_reasoning(self) -> None:
        """Turn the text so far into reasoning."""
        self._reasoning += self._text
        self._text.clear()

    async def release(self) -> Release:
        """Show what the guards leave of it."""
        text, problem, is_other = await self._ruled(self._text)
        if problem is not None:
            return Release(problem=problem)
        reasoning, _, is_changed = await self._ruled(self._reasoning, is_reasoning=True)
        journal = self._task.journal
        if reasoning:
            journal.say(Thinking(reasoning))
        if text:
            journal.say(Chunk((GAP if journal.run.text else "") + text))
        return Release(is_other or is_changed)

    async def _ruled(
        self, pieces: Sequence[str], *, is_reasoning: bool = False
    ) -> tuple[str, Problem | None, bool]:
        """Return what guards leave of a text, their problem, and whether they changed it."""
        whole = "".join(pieces)
        if not whole:
            return whole, None, False
        message = _message(self._task, GuardPoint.BEFORE_CLIENT, whole, is_reasoning=is_reasoning)
        ruling = await self._check.ruling(self._guards, message)
        return ruling.text, ruling.problem, ruling.text != whole


class MessageGuards:
    """Has plugins' guards look at the messages of runs."""

    def __init__(self, check: GuardCheck) -> None:
        self._check = check

    async def admit(self, task: Task) -> Problem | None:
        """Have the user's message guarded, once for a run; return why no model may be asked.

        What the guards leave of it is recorded, so it holds for later steps, runs and workers.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        if (problem := self._check.problem()) is not None:
            return problem
        run, question = task.journal.run, task.history[-1]
        guards = self._check.at(GuardPoint.BEFORE_MODEL)
        if not guards or not _is_new(run) or not isinstance(question, UserTurn):
            return None
        message = _message(task, GuardPoint.BEFORE_MODEL, question.content)
        ruling = await self._check.ruling(guards, message)
        if ruling.problem is not None:
            return ruling.problem
        content = None if ruling.text == question.content else ruling.text
        await task.journal.record(QuestionGuarded(run.started.question_id, content))
        return None

    def answer(self, task: Task) -> StreamedAnswer | HeldAnswer:
        """Return what takes the pieces of the model's next answer."""
        guards = self._check.at(GuardPoint.BEFORE_CLIENT)
        return HeldAnswer(task, self._check, guards) if guards else StreamedAnswer(task.journal)

    async def prompt(self, task: Task, text: str) -> GuardRuling:
        """Return what guards leave of a text that a tool sends to a model."""
        if (problem := self._check.problem()) is not None:
            return GuardRuling("", problem)
        return await self._check.ruling(
            self._check.at(GuardPoint.BEFORE_MODEL),
            _message(task, GuardPoint.BEFORE_MODEL, text),
        )

    def withheld(self, run: Run) -> Sequence[Body]:
        """Return the event that keeps a message from models for good, as its run ends.

        It was to be guarded, and was not, or was blocked: no later run may send it.
        """
        is_guarded = self._check.problem() or self._check.at(GuardPoint.BEFORE_MODEL)
        if run.started.is_direct or not _is_new(run) or not is_guarded:
            return ()
        return (QuestionGuarded(run.started.question_id, ""),)


def _is_new(run: Run) -> bool:
    """Tell whether no model was sent the question yet, as far as guards know."""
    return run.question is None and not run.steps


def _message(
    task: Task, at: GuardPoint, text: str, *, is_reasoning: bool = False
) -> GuardedMessage:
    run, user = task.journal.run, task.user
    return GuardedMessage(
        at=at,
        text=text,
        user=user.username,
        user_id=user.id,
        role=user.role,
        conversation_id=run.started.conversation_id,
        run_id=run.id,
        agent=run.agent.name if run.agent is not None else None,
        is_reasoning=is_reasoning,
    )

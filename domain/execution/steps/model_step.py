"""The model step of a run: ask the model, stream its answer, record its tool requests."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from domain.conversations.calls import Problem
from domain.conversations.sampling import Sampling
from domain.execution.prompt import of_run, system_prompt, with_question
from domain.execution.steps.message_guards import HeldAnswer, MessageGuards, StreamedAnswer
from domain.execution.task import Task
from domain.execution.tool_calls import intend
from domain.execution.tool_selection import ShownTools, ToolSelector
from domain.models.failover import AnswerPiece, ModelAnswer, ModelFailover, NoAnswer, RequestFor
from domain.models.messages import (
    ModelChoice,
    ModelRequest,
    Reasoning,
    Text,
    TextWasReasoning,
    ToolRequest,
    UserTurn,
)
from domain.runs.events import Body, Erred, StepEnded
from domain.runs.journal import Journal
from domain.runs.run import Run
from domain.shared.clock import Clock
from domain.shared.errors import ToolFailed, ToolRefused
from domain.tools.error_fields import problem_of
from domain.tools.tool import ToolSpec
from domain.usage.gate import BudgetGate

ASIDE_TOKENS: Final = 4_096  # of an answer to a tool
_ASIDE: Final = Sampling(max_output_tokens=ASIDE_TOKENS)
ASIDE_LENGTH: Final = 100_000  # characters, from a provider that takes no limit


class ModelStep:
    """Asks the model for the next step of a run."""

    def __init__(
        self,
        failover: ModelFailover,
        tool_selector: ToolSelector,
        guards: MessageGuards,
        budgets: BudgetGate,
        clock: Clock,
    ) -> None:
        self._failover = failover
        self._tool_selector = tool_selector
        self._guards = guards
        self._budgets = budgets
        self._clock = clock

    def shown(self, task: Task) -> ShownTools:
        """Return the tools to show to the model while the run is driven."""
        return self._tool_selector.shown(task.journal.run, task.history)

    async def take(self, task: Task, shown: ShownTools) -> None:
        """Ask the model, stream its answer to the journal, and record the calls that it requests.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        journal = task.journal
        if (problem := await self._guards.admit(task)) is not None:
            await journal.record(*self.withheld(journal.run), _erred(problem))
            return
        tools = () if journal.run.started.question else await shown.specs(journal.run)
        sampling = _sampling(journal.run, tools)
        request_for = self._request_for(task, tools, sampling)
        if (problem := await self._budget_problem(journal.run, request_for)) is not None:
            await journal.record(_erred(problem))
            return
        answer = self._guards.answer(task)
        try:
            requests, end = await self._listen(journal, request_for, answer)
        except NoAnswer as failed:
            await journal.record(_erred(problem_of(failed.error)))
            return
        release = await answer.release()
        is_changed = release.is_changed or release.problem is not None
        step = _step(end, sampling, is_changed=is_changed)
        if release.problem is not None:
            await journal.record(step, _erred(release.problem))
        elif requests:
            await self._record_calls(journal, requests, step)
        else:  # the run ends with this answer, in one write
            journal.note(step)

    async def ask_aside(self, task: Task, prompt: str, system: str) -> tuple[str, ModelAnswer]:
        """Ask the run's model something apart from its conversation; return text and end.

        Raises:
            ToolRefused: a guard blocks the prompt.
            ToolFailed: no model gave an answer, or one that is too long.

        """
        ruling = await self._guards.prompt(task, prompt)
        if ruling.problem is not None:
            raise ToolRefused(ruling.problem.message, details=ruling.problem.details)
        turns = [UserTurn(ruling.text)]

        def request_for(choice: ModelChoice) -> ModelRequest:
            return ModelRequest(choice.model, turns, system, sampling=_ASIDE)

        try:
            return await _whole(self._failover.ask(task.journal.run.choices, request_for))
        except NoAnswer as failed:
            problem = problem_of(failed.error)
            raise ToolFailed(
                f"No model answered: {problem.message}", details=problem.details
            ) from failed

    def withheld(self, run: Run) -> Sequence[Body]:
        """Return the events to add as a run ends whose message guards did not let through."""
        return self._guards.withheld(run)

    async def _record_calls(
        self, journal: Journal, requests: Sequence[ToolRequest], step: StepEnded
    ) -> None:
        toolbox = self._tool_selector.toolbox(journal.run)
        intended = [intend(request, toolbox) for request in requests]
        await journal.record(
            *[call for call, _ in intended],
            step,
            *[problem for _, problem in intended if problem is not None],
        )

    async def _listen(
        self, journal: Journal, request_for: RequestFor, answer: StreamedAnswer | HeldAnswer
    ) -> tuple[list[ToolRequest], ModelAnswer]:
        """Pass the answer's text and reasoning on; return its tool requests and its end."""
        requests: list[ToolRequest] = []
        async with aclosing(self._failover.ask(journal.run.choices, request_for)) as pieces:
            async for piece in pieces:
                match piece:
                    case Text() | Reasoning():
                        answer.add(piece)
                    case TextWasReasoning():
                        await answer.text_was_reasoning()
                    case ToolRequest():
                        requests.append(piece)
                    case ModelAnswer():
                        return requests, piece
                if journal.is_full:
                    await journal.flush()
        raise AssertionError("an answer ends with its ModelAnswer, or raises")

    async def _budget_problem(self, run: Run, request_for: RequestFor) -> Problem | None:
        """Hold what the step may take, and return the problem if a budget has no room for it."""
        return await self._budgets.admit(run, lambda: request_for(run.choices[0]))

    def _request_for(self, task: Task, tools: Sequence[ToolSpec], sampling: Sampling) -> RequestFor:
        run = task.journal.run
        today = self._clock.now().date()
        system = "" if run.started.question else system_prompt(today, run.agent)

        def request_for(choice: ModelChoice) -> ModelRequest:
            turns = [*with_question(task.history, run), *of_run(run, choice)]
            return ModelRequest(choice.model, turns, system, tools, sampling)

        return request_for


async def _whole(answer: AsyncGenerator[AnswerPiece, None]) -> tuple[str, ModelAnswer]:
    text = ""
    async with aclosing(answer) as pieces:
        async for piece in pieces:
            match piece:
                case Text(content):
                    text += content
                case TextWasReasoning():
                    text = ""
                case ModelAnswer():
                    return text, piece
            if len(text) > ASIDE_LENGTH:
                raise ToolFailed(f"The model's answer has more than {ASIDE_LENGTH:,} characters.")
    raise AssertionError("an answer ends with its ModelAnswer, or raises")


def _erred(problem: Problem) -> Erred:
    return Erred(problem.code, problem.message, problem.details)


def _sampling(run: Run, tools: Sequence[ToolSpec]) -> Sampling:
    return run.sampling.at_step(has_called=bool(run.calls), has_tools=bool(tools))


def _step(answer: ModelAnswer, asked: Sampling, *, is_changed: bool) -> StepEnded:
    """Return the end of a step, without the memento, which would hold what guards changed."""
    used = answer.stop.usage
    return StepEnded(
        stop=answer.stop.reason,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cached_tokens=used.cached_tokens,
        provider=answer.choice.provider,
        model=answer.choice.model,
        cost_usd=answer.cost_usd,
        memento="" if is_changed else answer.stop.memento,
        warnings=_warnings(answer, asked),
    )


def _warnings(answer: ModelAnswer, asked: Sampling) -> tuple[str, ...]:
    choice = answer.choice
    return tuple(
        f"{name} had no effect: {choice.provider}/{choice.model} does not take it, or not with "
        "this request."
        for name in asked.given()
        if name not in answer.stop.taken
    )

"""The model step of a run: ask the model, stream its answer, record its tool requests."""

from collections.abc import Sequence
from contextlib import aclosing

from domain.execution.prompt import GAP, of_run, system_prompt
from domain.execution.task import Task
from domain.execution.tool_calls import intend
from domain.execution.tool_selection import ShownTools, ToolSelector
from domain.models.failover import ModelAnswer, ModelFailover, NoAnswer, RequestFor
from domain.models.messages import (
    ModelChoice,
    ModelRequest,
    Reasoning,
    Text,
    TextWasReasoning,
    ToolRequest,
)
from domain.runs.events import Chunk, Erred, Retried, StepEnded, Thinking
from domain.runs.journal import Journal
from domain.shared.clock import Clock
from domain.tools.error_fields import problem_of
from domain.tools.tool import ToolSpec


class ModelStep:
    """Asks the model for the next step of a run."""

    def __init__(self, failover: ModelFailover, tool_selector: ToolSelector, clock: Clock) -> None:
        self._failover = failover
        self._tool_selector = tool_selector
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
        tools = await shown.specs(journal.run)
        try:
            requests, answer = await self._listen(task, tools)
        except NoAnswer as failed:
            problem = problem_of(failed.error)
            await journal.record(Erred(problem.code, problem.message, problem.details))
            return
        if not requests:  # the run ends with this answer, in one write
            journal.note(_step(answer))
            return
        toolbox = self._tool_selector.toolbox(journal.run)
        intended = [intend(request, toolbox) for request in requests]
        await journal.record(
            *[call for call, _ in intended],
            _step(answer),
            *[problem for _, problem in intended if problem is not None],
        )

    async def _listen(
        self, task: Task, tools: Sequence[ToolSpec]
    ) -> tuple[list[ToolRequest], ModelAnswer]:
        """Stream the answer's pieces to the journal; return its tool requests and its end."""
        journal, run = task.journal, task.journal.run
        requests: list[ToolRequest] = []
        gap = GAP if run.text else ""
        async with aclosing(
            self._failover.ask(run.choices, self._request_for(task, tools))
        ) as pieces:
            async for piece in pieces:
                match piece:
                    case Text(content):
                        journal.say(Chunk(gap + content))
                        gap = ""
                    case Reasoning(content):
                        journal.say(Thinking(content))
                    case TextWasReasoning():
                        gap = await self._withdraw_text(journal)
                    case ToolRequest():
                        requests.append(piece)
                    case ModelAnswer():
                        return requests, piece
                if journal.is_full:
                    await journal.flush()
        raise AssertionError("an answer ends with its ModelAnswer, or raises")

    async def _withdraw_text(self, journal: Journal) -> str:
        """Turn the text of this answer so far into reasoning; return the gap for the next text."""
        run = journal.run
        thought = run.open_text.removeprefix(GAP)
        await journal.record(Retried(*run.stands))
        if thought:
            journal.say(Thinking(thought))
        return GAP if journal.run.text else ""

    def _request_for(self, task: Task, tools: Sequence[ToolSpec]) -> RequestFor:
        run = task.journal.run
        system = system_prompt(self._clock.now().date(), run.agent)

        def request_for(choice: ModelChoice) -> ModelRequest:
            turns = [*task.history, *of_run(run, choice)]
            return ModelRequest(model=choice.model, turns=turns, system=system, tools=tools)

        return request_for


def _step(answer: ModelAnswer) -> StepEnded:
    used = answer.stop.usage
    return StepEnded(
        stop=answer.stop.reason,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cached_tokens=used.cached_tokens,
        provider=answer.choice.provider,
        model=answer.choice.model,
        cost_usd=answer.cost_usd,
        memento=answer.stop.memento,
    )

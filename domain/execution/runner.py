"""The runner: carries out the actions that `decide` returns, and records the events."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from domain.accounts.users import User
from domain.consents.consent import ConsentKind, ConsentStatus
from domain.consents.ports import Consents
from domain.conversations.calls import Problem
from domain.execution.decisions import decided
from domain.execution.endings import INTERNAL, ending_of
from domain.execution.previewing import preview_of_call
from domain.execution.prompt import GAP, of_run, system_prompt
from domain.execution.questions import ask_about, news_of, requested
from domain.execution.run_notices import consent_required, run_ended, tool_executed
from domain.execution.tool_caller import ToolCaller
from domain.execution.tool_calls import erred, intend, settled
from domain.execution.tool_selection import Showcase, ShownTools
from domain.models.failover import Answer, ModelAsker, NoAnswer, RequestFor
from domain.models.messages import (
    ModelChoice,
    ModelRequest,
    Reasoning,
    Text,
    TextWasReasoning,
    ToolRequest,
    Turn,
)
from domain.notifications.ports import Notices
from domain.plugins.vetoes import Guard
from domain.policy.audit import Audit, Decided
from domain.policy.policy import Policy, Proposal
from domain.runs.decide import (
    UNKNOWN,
    AskHuman,
    AskModel,
    CallTools,
    Finish,
    SettleCalls,
    Wait,
    decide,
)
from domain.runs.events import (
    Body,
    Chunk,
    Erred,
    Retried,
    StepEnded,
    Thinking,
    ToolErred,
    ToolStarted,
)
from domain.runs.journal import Journal
from domain.runs.log_lines import log_end, log_failed_call, log_interrupted
from domain.runs.ports import Leases
from domain.runs.run import Call
from domain.runs.states import CallState, RunStatus
from domain.shared.clock import Clock
from domain.shared.error_codes import Refusal
from domain.shared.errors import ToolError, ToolRefused
from domain.tools.error_fields import problem_of
from domain.tools.ports import Toolbox
from domain.tools.tool import ToolSpec


@dataclass(frozen=True, slots=True)
class Task:
    """A run to drive: its journal, user, policy, and the turns of the conversation so far."""

    journal: Journal
    user: User
    policy: Policy
    history: Sequence[Turn]


class Reins(Protocol):
    """The control over a run from outside: it can halt the run and interrupt its action."""

    @property
    def halt(self) -> Finish | None:
        """How the run is to end now; None: it goes on."""
        ...

    async def act(self, action: Coroutine[Any, Any, None]) -> None:
        """Run the action to its end, or to its interruption."""
        ...


class Runner:
    """Drives runs from their current state to the end, or to where a human must answer."""

    def __init__(
        self,
        *,
        asker: ModelAsker,
        toolbox: Toolbox,
        caller: ToolCaller,
        showcase: Showcase,
        guard: Guard,
        consents: Consents,
        leases: Leases,
        audit: Audit,
        notices: Notices,
        clock: Clock,
        tool_concurrency: int = 8,
    ) -> None:
        self._asker = asker
        self._toolbox = toolbox
        self._caller = caller
        self._showcase = showcase
        self._guard = guard
        self._consents = consents
        self._leases = leases
        self._audit = audit
        self._notices = notices
        self._clock = clock
        self._tool_concurrency = tool_concurrency

    async def drive(self, task: Task, reins: Reins) -> None:
        """Decide and act until the run is final, or parked for a human.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        journal, user = task.journal, task.user
        shown = self._showcase.shown(journal.run, task.history)
        while not journal.run.status.is_final:
            match decide(journal.run, task.policy, user.username, reins.halt):
                case AskModel():
                    await reins.act(self._ask_model(task, shown))
                case CallTools(calls):
                    await reins.act(self._call_tools(task, calls))
                case SettleCalls(calls):
                    await self._settle(task, calls)
                case AskHuman(questions):
                    await reins.act(self._ask_human(task, questions))
                case Wait():
                    if await self._park(journal):
                        return
                case Finish(status, problem):
                    await self._finish(journal, status, problem)

    async def fail(self, task: Task) -> None:
        """End a run as failed because of an internal error.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        await task.journal.fail(INTERNAL)
        await self._finish(task.journal, RunStatus.FAILED, None)

    async def _settle(self, task: Task, calls: Sequence[tuple[Call, CallState, Problem]]) -> None:
        denied = [(c, why.message) for c, _, why in calls if why.code == Refusal.DENIED]
        for call in (c for c, _, why in calls if why.code == Refusal.WORKER_LOST):
            log_interrupted(task.journal.run, call, self._toolbox, "it is not made again")
        await self._audit.record([self._decided(task, c, "deny", rule) for c, rule in denied])
        await task.journal.record(*[settled(call, state, why) for call, state, why in calls])

    async def _ask_human(
        self, task: Task, questions: Sequence[tuple[Call, ConsentKind, str]]
    ) -> None:
        vetoed = await self._veto(task, [call for call, _, _ in questions])
        questions = [question for question in questions if question[0].id not in vetoed]
        run = task.journal.run
        for call in (c for c, kind, _ in questions if kind is ConsentKind.OUTCOME):
            log_interrupted(run, call, self._toolbox, "its user is asked what became of it")
        previews = {call.id: await preview_of_call(self._toolbox, call) for call, _, _ in questions}
        consents = ask_about(run, questions, self._clock.now(), previews)
        await self._audit.record(
            [self._decided(task, call, "ask", rule) for call, _, rule in questions]
        )
        await task.journal.record(*[requested(c) for c in consents], consents=consents)
        for consent in consents:
            self._notices.publish(consent_required(run, consent))

    async def _veto(self, task: Task, calls: Sequence[Call]) -> Collection[str]:
        """Settle the calls that plugins veto, of those not started; return their ids."""
        fresh = [call for call in calls if call.state is not CallState.STARTED]
        user = task.user.username
        objections = await self._guard.objections(
            [Proposal(call.tool, call.effect, call.params, user) for call in fresh]
        )
        vetoed = [(call, why) for call, why in zip(fresh, objections, strict=True) if why]
        if vetoed:
            await self._audit.record([self._decided(task, c, "veto", why) for c, why in vetoed])
            await task.journal.record(*[_vetoed(call, why) for call, why in vetoed])
        return {call.id for call, _ in vetoed}

    async def _park(self, journal: Journal) -> bool:
        """Record new answers to consents; without any, park the run and return True."""
        run = journal.run
        consents = await self._consents.of_run(run.id)
        if news := news_of(run, consents):
            await journal.record(*news)
            return False
        answered = sum(consent.status is not ConsentStatus.WAITING for consent in consents)
        await journal.flush()
        return await self._leases.park(run.id, run.attempt, answered)

    def _decided(self, task: Task, call: Call, decision: str, rule: str) -> Decided:
        return decided(task.user, task.journal.run.id, call, decision, rule, self._clock.now())

    async def _finish(self, journal: Journal, status: RunStatus, problem: Problem | None) -> None:
        run = journal.run
        bodies, ending = ending_of(run, status, problem, self._clock.now())
        await journal.record(*bodies, ending=ending)
        log_end(run, status, problem)
        if (notice := run_ended(journal.run, status, self._clock.now())) is not None:
            self._notices.publish(notice)

    async def _ask_model(self, task: Task, shown: ShownTools) -> None:
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
        toolbox = self._showcase.toolbox(journal.run)
        intended = [intend(request, toolbox) for request in requests]
        await journal.record(
            *[call for call, _ in intended],
            _step(answer),
            *[problem for _, problem in intended if problem is not None],
        )

    async def _listen(
        self, task: Task, tools: Sequence[ToolSpec]
    ) -> tuple[list[ToolRequest], Answer]:
        """Stream the answer's pieces to the journal; return its tool requests and its end."""
        journal, run = task.journal, task.journal.run
        requests: list[ToolRequest] = []
        gap = GAP if run.text else ""
        async with aclosing(self._asker.ask(run.choices, self._request_for(task, tools))) as pieces:
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
                    case Answer():
                        return requests, piece
                if journal.is_full:
                    await journal.flush()
        raise AssertionError("an answer ends with its Answer, or raises")

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

    async def _call_tools(self, task: Task, calls: Sequence[tuple[Call, str]]) -> None:
        vetoed = await self._veto(task, [call for call, _ in calls])
        calls = [(call, rule) for call, rule in calls if call.id not in vetoed]
        fresh = [(call, rule) for call, rule in calls if call.state is CallState.INTENDED]
        await self._audit.record([self._decided(task, call, "allow", rule) for call, rule in fresh])
        slots = asyncio.Semaphore(self._tool_concurrency)
        try:
            async with asyncio.TaskGroup() as group:
                for call, _ in calls:
                    group.create_task(self._call_tool(task, call, slots))
        except ExceptionGroup as group_error:  # errors of the journal: all have the same cause
            raise group_error.exceptions[0] from group_error

    async def _call_tool(self, task: Task, call: Call, slots: asyncio.Semaphore) -> None:
        try:
            tool = self._toolbox.get(call.tool)
            if tool.spec.version != call.version:
                raise ToolRefused(f"{call.tool} has changed since it was asked for. Ask again.")
            if (why := self._guard.objection_to_risk(call.effect)) is not None:
                raise ToolRefused(f"Not run: {why}.")  # retried calls are not checked by a veto
        except ToolError as error:  # the tool was removed or changed since the request
            if call.may_have_acted:  # an interrupted call that cannot be retried unchanged
                await task.journal.record(settled(call, CallState.UNKNOWN, UNKNOWN))
            else:
                await task.journal.record(erred(call, error, CallState.REFUSED))
            return
        if call.state is CallState.STARTED:
            log_interrupted(task.journal.run, call, self._toolbox, "it is made again")
        async with slots:
            await task.journal.record(ToolStarted(call.id))
            journal = task.journal
            body = await self._caller.call(tool, call, journal.run, task.user, journal.say)
            await journal.record(body)
            if isinstance(body, ToolErred):
                log_failed_call(call, tool.spec.plugin, body)
            self._notices.publish(
                tool_executed(journal.run, call, tool.spec, body, self._clock.now())
            )


def _vetoed(call: Call, why: str) -> Body:
    if call.may_have_acted:  # an earlier try did, and a retry was approved
        return settled(call, CallState.UNKNOWN, UNKNOWN)
    return settled(call, CallState.REFUSED, Problem(Refusal.VETOED, f"Not run: {why}"))


def _step(answer: Answer) -> StepEnded:
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

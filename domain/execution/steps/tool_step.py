"""The tool step of a run: make calls, or settle them without making them."""

import asyncio
from collections.abc import Sequence

from domain.conversations.calls import Problem
from domain.execution.questions import ask_for
from domain.execution.run_notices import tool_executed
from domain.execution.steps.call_gate import CallGate
from domain.execution.steps.decisions import Decisions
from domain.execution.steps.requests import ConsentRequests
from domain.execution.task import Task
from domain.execution.tool_caller import ToolCaller
from domain.execution.tool_calls import erred, settled
from domain.notifications.ports import Notices
from domain.policy.policy import Decision
from domain.runs.call_events import ToolErred, ToolStarted
from domain.runs.decide import UNKNOWN
from domain.runs.log_lines import log_failed_call, log_interrupted
from domain.runs.run import Call
from domain.runs.states import CallState
from domain.shared.clock import Clock
from domain.shared.error_codes import Refusal
from domain.shared.errors import ToolError, ToolRefused
from domain.tools.ports import Toolbox
from domain.tools.questions import ToolQuestion


class ToolStep:
    """Makes the calls of a run, at most ``at_once`` at a time."""

    def __init__(
        self,
        *,
        toolbox: Toolbox,
        caller: ToolCaller,
        gate: CallGate,
        decisions: Decisions,
        requests: ConsentRequests,
        notices: Notices,
        clock: Clock,
        at_once: int = 8,
    ) -> None:
        self._toolbox = toolbox
        self._caller = caller
        self._gate = gate
        self._decisions = decisions
        self._requests = requests
        self._notices = notices
        self._clock = clock
        self._at_once = at_once

    async def settle(self, task: Task, calls: Sequence[tuple[Call, CallState, Problem]]) -> None:
        """Record the outcome of calls that are not made.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        denied = [
            (Decision.DENY, c, why.message) for c, _, why in calls if why.code == Refusal.DENIED
        ]
        for call in (c for c, _, why in calls if why.code == Refusal.WORKER_LOST):
            log_interrupted(task.journal.run, call, self._toolbox, "it is not made again")
        await self._decisions.record(task, denied)
        await task.journal.record(*[settled(call, state, why) for call, state, why in calls])

    async def take(self, task: Task, calls: Sequence[tuple[Call, str]]) -> None:
        """Make the calls that plugins let through, and record their outcomes and questions.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        rules = {call.id: rule for call, rule in calls}
        admitted = await self._gate.admit(task, [call for call, _ in calls])
        fresh = [call for call in admitted if call.state is CallState.INTENDED]
        await self._decisions.record(
            task, [(Decision.ALLOW, call, rules[call.id]) for call in fresh]
        )
        slots = asyncio.Semaphore(self._at_once)
        try:
            async with asyncio.TaskGroup() as group:
                for call in admitted:
                    group.create_task(self._call_tool(task, call, slots))
        except ExceptionGroup as group_error:  # errors of the journal: all have the same cause
            raise group_error.exceptions[0] from group_error

    async def _call_tool(self, task: Task, call: Call, slots: asyncio.Semaphore) -> None:
        try:
            tool = self._toolbox.get(call.tool)
            if tool.spec.version != call.version:
                raise ToolRefused(f"{call.tool} has changed since it was asked for. Ask again.")
            if (why := self._gate.objection_to_risk(call.effect)) is not None:
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
            if isinstance(body, ToolQuestion):
                request = ask_for(journal.run, call, body, self._clock.now())
                decided = [(Decision.ASK, call, request.reason)]
                await self._requests.send(task, [request], decided)
                return
            await journal.record(body)
            if isinstance(body, ToolErred):
                log_failed_call(call, tool.spec.plugin, body)
            self._notices.publish(
                tool_executed(journal.run, call, tool.spec, body, self._clock.now())
            )

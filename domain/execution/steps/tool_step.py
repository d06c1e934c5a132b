"""The tool step of a run: make calls, or settle them without making them."""

import asyncio
from collections.abc import Sequence

from domain.conversations.calls import Problem
from domain.execution.steps.call_gate import CallGate
from domain.execution.steps.call_runner import CallRunner
from domain.execution.steps.decisions import Decisions
from domain.execution.task import Task
from domain.execution.tool_calls import settled
from domain.policy.policy import Decision
from domain.runs.reports.log_lines import log_interrupted
from domain.runs.run import Call
from domain.runs.states import CallState
from domain.shared.error_codes import Refusal
from domain.tools.ports import Toolbox


class ToolStep:
    """Makes the calls of a run, at most ``at_once`` at a time."""

    def __init__(
        self,
        toolbox: Toolbox,
        gate: CallGate,
        decisions: Decisions,
        runner: CallRunner,
        *,
        at_once: int = 8,
    ) -> None:
        self._toolbox = toolbox
        self._gate = gate
        self._decisions = decisions
        self._runner = runner
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
                    group.create_task(self._make(task, call, slots))
        except ExceptionGroup as group_error:  # errors of the journal: all have the same cause
            raise group_error.exceptions[0] from group_error

    async def _make(self, task: Task, call: Call, slots: asyncio.Semaphore) -> None:
        async with slots:
            await self._runner.make(task, call)

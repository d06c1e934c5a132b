"""The gate before calls: vetoes of plugins."""

from collections.abc import Collection, Sequence

from domain.conversations.calls import Problem
from domain.execution.steps.decisions import Decisions
from domain.execution.task import Task
from domain.execution.tool_calls import settled
from domain.plugins.vetoes import Guard
from domain.policy.policy import Proposal
from domain.runs.decide import UNKNOWN
from domain.runs.events import Body
from domain.runs.run import Call
from domain.runs.states import CallState
from domain.shared.error_codes import Refusal
from domain.tools.tool import Effect


class CallGate:
    """Settles the calls that plugins veto."""

    def __init__(self, guard: Guard, decisions: Decisions) -> None:
        self._guard = guard
        self._decisions = decisions

    async def veto(self, task: Task, calls: Sequence[Call]) -> Collection[str]:
        """Settle the calls that plugins veto, of those not started; return their ids.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        fresh = [call for call in calls if call.state is not CallState.STARTED]
        user = task.user.username
        objections = await self._guard.objections(
            [Proposal(call.tool, call.effect, call.params, user) for call in fresh]
        )
        vetoed = [(call, why) for call, why in zip(fresh, objections, strict=True) if why]
        if vetoed:
            await self._decisions.record(task, "veto", vetoed)
            await task.journal.record(*[_vetoed(call, why) for call, why in vetoed])
        return {call.id for call, _ in vetoed}

    def objection_to_risk(self, effect: Effect) -> str | None:
        """Return why no call of that effect may run now, if a required plugin is missing."""
        return self._guard.objection_to_risk(effect)


def _vetoed(call: Call, why: str) -> Body:
    if call.may_have_acted:  # an earlier try did, and a retry was approved
        return settled(call, CallState.UNKNOWN, UNKNOWN)
    return settled(call, CallState.REFUSED, Problem(Refusal.VETOED, f"Not run: {why}"))

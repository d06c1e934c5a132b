"""The call runner: makes one call of a run, and records its start and its outcome."""

from dataclasses import replace
from typing import Final

from domain.execution.questions import ask_for
from domain.execution.steps.call_gate import CallGate
from domain.execution.steps.model_step import ModelStep
from domain.execution.steps.observed_work import INTERRUPTED, call_ending
from domain.execution.steps.requests import ConsentRequests
from domain.execution.steps.run_services import RunServices
from domain.execution.task import Task
from domain.execution.tool_caller import ToolCaller
from domain.execution.tool_calls import erred, settled
from domain.notifications.ports import Notices
from domain.runs.call_events import ToolErred, ToolStarted
from domain.runs.decide import UNKNOWN
from domain.runs.reports.log_lines import log_failed_call, log_interrupted
from domain.runs.reports.run_notices import tool_executed
from domain.runs.run import Call
from domain.runs.states import CallState
from domain.shared.clock import Clock
from domain.shared.errors import ToolError
from domain.telemetry.fan_out import UNWATCHED
from domain.telemetry.ports import Telemetry, ToolWork
from domain.tools.questions import ToolQuestion

TOOL_ASK: Final = "tool_ask"  # in the audit; apart from the policy's own "ask"


class CallRunner:
    """Makes calls that may start: those of a model, and those that tools make in turn."""

    def __init__(
        self,
        *,
        gate: CallGate,
        caller: ToolCaller,
        models: ModelStep,
        requests: ConsentRequests,
        notices: Notices,
        clock: Clock,
        telemetry: Telemetry = UNWATCHED,
    ) -> None:
        self._gate = gate
        self._caller = caller
        self._models = models
        self._requests = requests
        self._notices = notices
        self._clock = clock
        self._telemetry = telemetry

    async def make(self, task: Task, call: Call) -> None:
        """Make a call, and record its outcome, or the question to its user that ended the attempt.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        journal = task.journal
        try:
            tool = self._gate.usable(call)
        except ToolError as error:
            if call.may_have_acted:  # an interrupted call that cannot be retried unchanged
                await journal.record(settled(call, CallState.UNKNOWN, UNKNOWN))
            else:
                await journal.record(erred(call, error, CallState.REFUSED))
            return
        if call.state is CallState.STARTED:
            log_interrupted(journal.run, call, self._gate.toolbox, "it is made again")
        await journal.record(ToolStarted(call.id))
        services = RunServices(
            task, call, self._caller.toolbox(journal.run), self._gate, self._models, self.make
        )
        observed = self._telemetry.begin(ToolWork(tool.spec.name, tool.spec.plugin, call.id))
        ending = INTERRUPTED
        try:
            body = await self._caller.call(
                tool, call, journal.run, task.user, journal.say, services
            )
            ending = call_ending(body)
        finally:
            observed.end(ending)
        if isinstance(body, ToolQuestion):
            request = ask_for(journal.run, call, body, self._clock.now())
            decided = [(TOOL_ASK, call, request.reason)]
            await self._requests.send(task, [request], decided)
            return
        await journal.record(body)
        if isinstance(body, ToolErred):
            log_failed_call(call, tool.spec.plugin, body)
        notice = tool_executed(journal.run, body, self._clock.now())
        named = {**notice.data, "plugin": tool.spec.plugin}
        self._notices.publish(replace(notice, data=named))

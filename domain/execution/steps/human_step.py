"""The human step of a run: consent requests and their answers."""

from collections.abc import Sequence

from domain.consents.consent import ConsentKind, ConsentStatus
from domain.consents.ports import Consents
from domain.execution.questions import ask_about, news_of, requested
from domain.execution.run_notices import consent_required
from domain.execution.steps.call_gate import CallGate
from domain.execution.steps.decisions import Decisions
from domain.execution.steps.previewing import preview_of_call
from domain.execution.task import Task
from domain.notifications.ports import Notices
from domain.runs.journal import Journal
from domain.runs.log_lines import log_interrupted
from domain.runs.ports import Leases
from domain.runs.run import Call
from domain.shared.clock import Clock
from domain.tools.ports import Toolbox


class HumanStep:
    """Asks for consent to calls, and parks the run until there are answers."""

    def __init__(
        self,
        *,
        toolbox: Toolbox,
        gate: CallGate,
        decisions: Decisions,
        consents: Consents,
        leases: Leases,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._toolbox = toolbox
        self._gate = gate
        self._decisions = decisions
        self._consents = consents
        self._leases = leases
        self._notices = notices
        self._clock = clock

    async def ask(self, task: Task, questions: Sequence[tuple[Call, ConsentKind, str]]) -> None:
        """Ask for consent to the calls that no plugin vetoes; each comes with its rule.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        vetoed = await self._gate.veto(task, [call for call, _, _ in questions])
        questions = [question for question in questions if question[0].id not in vetoed]
        run = task.journal.run
        for call in (c for c, kind, _ in questions if kind is ConsentKind.OUTCOME):
            log_interrupted(run, call, self._toolbox, "its user is asked what became of it")
        previews = {call.id: await preview_of_call(self._toolbox, call) for call, _, _ in questions}
        consents = ask_about(run, questions, self._clock.now(), previews)
        await self._decisions.record(task, "ask", [(call, rule) for call, _, rule in questions])
        await task.journal.record(*[requested(c) for c in consents], consents=consents)
        for consent in consents:
            self._notices.publish(consent_required(run, consent))

    async def wait(self, journal: Journal) -> bool:
        """Record new answers to consents; without any, park the run and return True.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        run = journal.run
        consents = await self._consents.of_run(run.id)
        if news := news_of(run, consents):
            await journal.record(*news)
            return False
        answered = sum(consent.status is not ConsentStatus.WAITING for consent in consents)
        await journal.flush()
        return await self._leases.park(run.id, run.attempt, answered)

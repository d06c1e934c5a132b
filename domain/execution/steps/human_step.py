"""The human step of a run: consent requests and their answers."""

from collections.abc import Sequence

from domain.consents.consent import ConsentStatus
from domain.consents.ports import Consents
from domain.execution.questions import news_of
from domain.execution.steps.call_gate import CallGate, Question
from domain.execution.task import Task
from domain.runs.journal import Journal
from domain.runs.ports import Leases


class HumanStep:
    """Asks for consent to calls, and parks the run until there are answers."""

    def __init__(self, gate: CallGate, consents: Consents, leases: Leases) -> None:
        self._gate = gate
        self._consents = consents
        self._leases = leases

    async def ask(self, task: Task, questions: Sequence[Question]) -> None:
        """Ask for consent to the calls that no plugin vetoes; each comes with its rule.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        await self._gate.ask(task, questions)

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

"""The human step of a run: consent requests and their answers."""

from collections.abc import Sequence

from domain.consents.consent import Consent, ConsentDecision, ConsentStatus
from domain.consents.ports import Consents
from domain.consents.service import keep_answer
from domain.execution.call_services.inputs import UserInputs
from domain.execution.questions import news_of
from domain.execution.steps.call_gate import CallGate, Question
from domain.execution.task import Task
from domain.runs.journal import Journal
from domain.runs.ports import Leases
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, Gone


class HumanStep:
    """Asks for consent to calls, and parks the run until there are answers."""

    def __init__(
        self,
        gate: CallGate,
        consents: Consents,
        leases: Leases,
        inputs: UserInputs,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._consents = consents
        self._leases = leases
        self._inputs = inputs
        self._clock = clock

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
        consents = [await self._met(consent) for consent in await self._consents.of_run(run.id)]
        if news := news_of(run, consents):
            await journal.record(*news)
            return False
        answered = sum(consent.status is not ConsentStatus.WAITING for consent in consents)
        await journal.flush()
        return await self._leases.park(run.id, run.attempt, answered)

    async def _met(self, consent: Consent) -> Consent:
        """Return the request, answered where the account that it asks for is connected by now.

        It may have been connected just before the request was stored, which nobody answers then.
        """
        question = consent.question
        if consent.status is not ConsentStatus.WAITING or question is None:
            return consent
        if not await self._inputs.is_given(consent.user_id, question):
            return consent
        answer = ConsentDecision(ConsentStatus.APPROVED, values={})
        try:
            return await keep_answer(self._consents, consent, answer, self._clock.now())
        except (Conflict, Gone):
            return await self._consents.get(consent.user_id, consent.id)

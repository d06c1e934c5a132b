"""Consent requests: each is stored with its event, entered into the audit, and made known."""

from collections.abc import Sequence

from domain.consents.consent import Consent
from domain.execution.questions import requested
from domain.execution.steps.decisions import Decisions
from domain.execution.task import Task
from domain.notifications.ports import Notices
from domain.runs.reports.run_notices import consent_required
from domain.runs.run import Call


class ConsentRequests:
    """Sends consent requests to the user of a run."""

    def __init__(self, decisions: Decisions, notices: Notices) -> None:
        self._decisions = decisions
        self._notices = notices

    async def send(
        self,
        task: Task,
        requests: Sequence[Consent],
        decisions: Sequence[tuple[str, Call, str]],
    ) -> None:
        """Record these requests in one write, and in the audit who wants them: `Decisions.record`.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        await self._decisions.record(task, decisions)
        events = [requested(request) for request in requests]
        await task.journal.record(*events, consents=requests)
        for request, event in zip(requests, events, strict=True):
            notice = consent_required(task.journal.run, event, request.created_at)
            self._notices.publish(notice)

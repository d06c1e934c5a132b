"""The active runs of one user, cancelled all at once."""

from collections.abc import Sequence

from typing_extensions import override

from domain.accounts.ports import UserRuns
from domain.execution.worker import Worker
from domain.runs.ports import Runs
from domain.shared.unit_of_work import UnitOfWork


class WorkerRuns(UserRuns):
    """Cancels runs of users: those that this worker drives at once, others by their workers."""

    def __init__(self, runs: Runs, worker: Worker, unit_of_work: UnitOfWork) -> None:
        self._runs = runs
        self._worker = worker
        self._unit_of_work = unit_of_work

    @override
    async def cancel_all(self, user_id: str) -> None:
        run_ids = await self._runs.request_cancel_all(user_id)
        self._unit_of_work.after_commit(lambda: self._interrupt(run_ids))

    def _interrupt(self, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            self._worker.cancel(run_id)

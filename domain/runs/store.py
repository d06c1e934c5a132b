"""The runs as one process sees them: in the database, and live in memory."""

from dataclasses import dataclass

from domain.runs.live import LiveRuns
from domain.runs.ports import RunLog, Runs


@dataclass(frozen=True, slots=True)
class RunStore:
    """The repository of runs, their event log, and the live runs of this process."""

    runs: Runs
    log: RunLog
    live: LiveRuns

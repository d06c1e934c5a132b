"""Counters of runs, tool calls and messages: decorators of the repositories that store them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.consents.consent import Consent
from domain.conversations.conversation import Message
from domain.notifications.notices import Notice
from domain.runs.call_events import ToolErred, ToolFinished, ToolStarted
from domain.runs.cursors import Cursor
from domain.runs.events import Body, Event
from domain.runs.ports import Context, Ending, NewRun, RunLog, RunRecord, Runs
from domain.runs.states import CallState

MESSAGES: Final = "messages"
TOOLS_EXECUTED: Final = "tools_executed"
TOOL_CALLS: Final = "tool_calls."  # followed by the call's final state
RUNS: Final = "runs."  # followed by the run's final status
DELETED: Final = "deleted."  # followed by the kind of old rows
LOG_DROPPED: Final = "log_dropped"


@dataclass(slots=True)
class Counts:
    """The counters of one worker, since they were last taken for storing."""

    _counted: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, number: int = 1) -> None:
        """Count one more, or so many."""
        self._counted[name] += number

    def take(self) -> Mapping[str, int]:
        """Return the counts since the last call, and reset them."""
        taken, self._counted = self._counted, Counter()
        return taken

    def give_back(self, counts: Mapping[str, int]) -> None:
        """Add counts back that were taken and could not be stored."""
        self._counted.update(counts)


class CountedRuns(Runs):
    """A decorator of the repository of runs that counts the messages which start them."""

    def __init__(self, runs: Runs, counts: Counts) -> None:
        self._runs = runs
        self._counts = counts

    async def start(self, new: NewRun, history_limit: int) -> Sequence[Message]:
        """Store the message, the run and its first events; return the conversation's history."""
        history = await self._runs.start(new, history_limit)
        if not new.started.is_direct:
            self._counts.add(MESSAGES)
        return history

    async def context(self, run_id: str, limit: int) -> Context:
        """Return what a worker needs to take the run over."""
        return await self._runs.context(run_id, limit)

    async def get(self, run_id: str) -> RunRecord:
        """Return one run."""
        return await self._runs.get(run_id)

    async def of_user(self, user_id: str, run_id: str) -> RunRecord:
        """Return one of the user's runs."""
        return await self._runs.of_user(user_id, run_id)

    async def request_cancel(self, user_id: str, run_id: str) -> bool:
        """Store the intent to cancel; False when no run of this user and id is active."""
        return await self._runs.request_cancel(user_id, run_id)

    async def request_cancel_all(self, user_id: str) -> Sequence[str]:
        """Store the intent to cancel a user's active runs; return their ids."""
        return await self._runs.request_cancel_all(user_id)


class CountedRunLog(RunLog):
    """A decorator of the event log that counts tool calls, ended runs, and answers."""

    def __init__(self, log: RunLog, counts: Counts) -> None:
        self._log = log
        self._counts = counts

    async def append(
        self,
        run_id: str,
        attempt: int,
        first: int,
        bodies: Sequence[Body],
        *,
        ending: Ending | None = None,
        consents: Sequence[Consent] = (),
        notices: Sequence[Notice] = (),
    ) -> None:
        """Append events numbered from ``first``, and the consents that they request."""
        await self._log.append(
            run_id, attempt, first, bodies, ending=ending, consents=consents, notices=notices
        )
        for body in bodies:
            match body:
                case ToolStarted():
                    self._counts.add(TOOLS_EXECUTED)
                case ToolFinished():
                    self._counts.add(TOOL_CALLS + CallState.FINISHED)
                case ToolErred(outcome=outcome):
                    self._counts.add(TOOL_CALLS + outcome)
        if ending is not None:
            self._counts.add(RUNS + ending.status)
            if ending.answer is not None:
                self._counts.add(MESSAGES)

    async def read(self, run_id: str, after: Cursor | None, limit: int) -> Sequence[Event]:
        """Return the next stored events."""
        return await self._log.read(run_id, after, limit)

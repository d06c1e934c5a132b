"""What a worker records of a run that it has claimed from another."""

from domain.policy.policy import Policy
from domain.runs.decide import AskModel, decide
from domain.runs.events import Resumed, Retried
from domain.runs.journal import Journal


async def record_takeover(journal: Journal, policy: Policy) -> bool:
    """Record the takeover before going on, so that another crash is counted; tell if it was one.

    If the model is asked next, pieces of an unfinished answer are withdrawn (`Retried`): they may
    have been published. Otherwise there are none, and a `Retried` could name an event that clients
    do not receive, so it is a `Resumed`. A run that waited for a human was parked: no worker
    crashed.
    """
    run = journal.run
    if run.status.is_final:
        return False
    if isinstance(decide(run, policy), AskModel):
        await journal.record(Retried(*run.stands))
        return True
    if not all(call.is_waiting for call in run.unsettled):
        await journal.record(Resumed())
        return True
    return False

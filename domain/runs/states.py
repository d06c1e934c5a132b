"""The states of a run and of its tool calls."""

from enum import StrEnum


class RunStatus(StrEnum):
    """The status of a run; the last three are final."""

    RUNNING = "running"
    WAITING_CONSENT = "waiting_consent"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Tell whether the run has ended."""
        return self in {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}


class CallState(StrEnum):
    """The state of a tool call, from intended to one of the last four, which are final.

    ``asked``, ``unsure`` and ``suspended`` wait for a human: for approval, for the outcome, and for
    the answer to a question that the tool itself has put. ``refused`` never started; ``unknown``
    may or may not have taken effect.
    """

    INTENDED = "intended"
    ASKED = "asked"
    APPROVED = "approved"
    STARTED = "started"
    UNSURE = "unsure"
    SUSPENDED = "suspended"
    FINISHED = "finished"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"

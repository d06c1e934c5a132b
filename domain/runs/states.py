"""Where a run stands, and where one of its calls does."""

from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run stands; the last three are for good."""

    RUNNING = "running"
    WAITING_CONSENT = "waiting_consent"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing more can happen."""
        return self in {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}


class CallState(StrEnum):
    """The journal of one tool call, from intended to one of the last four.

    ``asked`` and ``unsure`` wait for a human: whether it may start, what became of it.
    ``refused`` never started; ``unknown`` may have taken effect, and nobody knows.
    """

    INTENDED = "intended"
    ASKED = "asked"
    APPROVED = "approved"
    STARTED = "started"
    UNSURE = "unsure"
    FINISHED = "finished"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"

"""The retry policy for models: attempts, exponential backoff with jitter, and the deadline."""

from dataclasses import dataclass
from typing import Final

from domain.shared.errors import ProviderError, ProviderReason, PuertoError

_PASSING: Final = frozenset(
    {
        ProviderReason.RATE_LIMITED,
        ProviderReason.OVERLOADED,
        ProviderReason.UNREACHABLE,
        ProviderReason.TRUNCATED,
    }
)
_PERHAPS_PASSING: Final = frozenset(
    {
        ProviderReason.MALFORMED,  # a server that breaks the protocol mostly keeps breaking it
    }
)
# After a timeout the same model is not retried: it would start from the beginning, and the user has
# waited long already.


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to retry models; times in seconds.

    Each model has up to ``attempts`` (two after a malformed answer, one after a timeout), with
    exponential backoff: pauses double from ``first_pause`` up to ``longest_pause``. Nothing is
    retried after ``deadline``; attempts that timed out do not count towards it, since their length
    is set by the adapter's own timeouts.
    """

    attempts: int = 3
    first_pause: float = 0.5
    longest_pause: float = 20.0
    deadline: float = 180.0

    def pause(
        self, error: PuertoError, failures: int, remaining: float, chance: float
    ) -> float | None:
        """Return the pause before a retry of the same model, or None for no retry.

        ``failures`` counts those of this model, this one included; ``remaining`` is the time to the
        deadline; ``chance`` is a random number from 0 to 1 for the jitter, so that clients which
        were refused together do not retry together. The provider's ``retry_after`` is added, and
        one longer than the longest pause means no retry.
        """
        if not isinstance(error, ProviderError) or error.is_final:
            return None
        if failures >= self._attempts(error.reason):
            return None
        retry_after = error.retry_after or 0.0
        pause = retry_after + chance * min(
            self.first_pause * 2.0 ** (failures - 1), self.longest_pause
        )
        return pause if retry_after <= self.longest_pause and pause < remaining else None

    def _attempts(self, reason: ProviderReason) -> int:
        if reason in _PERHAPS_PASSING:
            return min(2, self.attempts)
        return self.attempts if reason in _PASSING else 1

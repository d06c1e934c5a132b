"""When a model that failed is asked again."""

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
        ProviderReason.MALFORMED,  # a server that does not know the protocol will not learn it
    }
)
# After a timeout the same model is not asked again: it would begin from nothing, and the one who
# waits has waited long already.


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to bear with failing models; times in seconds.

    Each model is asked up to ``attempts`` times (twice, where it answered nonsense or nothing;
    once, where it was silent for too long), with pauses that double from ``first_pause`` up to
    ``longest_pause``. Nobody is asked any more when ``deadline`` is over, to which the time of a
    model that was silent for too long does not count: an attempt has the timeouts of its adapter.
    """

    attempts: int = 3
    first_pause: float = 0.5
    longest_pause: float = 20.0
    deadline: float = 180.0

    def pause(self, error: PuertoError, failures: int, left: float, chance: float) -> float | None:
        """Return how long to wait before asking the same model again, or None not to.

        ``failures`` counts those of this model, this one included; ``left`` is what is left
        of the deadline; ``chance`` is a random number from 0 to 1, so that those who were
        refused together do not come back together. What the provider itself asks to wait
        comes on top, and one that asks for longer than the longest pause is not asked again.
        """
        if not isinstance(error, ProviderError) or error.is_final:
            return None
        if failures >= self._attempts(error.reason):
            return None
        asked = error.retry_after or 0.0
        pause = asked + chance * min(self.first_pause * 2.0 ** (failures - 1), self.longest_pause)
        return pause if asked <= self.longest_pause and pause < left else None

    def _attempts(self, reason: ProviderReason) -> int:
        if reason in _PERHAPS_PASSING:
            return min(2, self.attempts)
        return self.attempts if reason in _PASSING else 1

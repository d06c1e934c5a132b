"""Which providers are failing, as far as this process has seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.shared.clock import Clock
from domain.shared.errors import ProviderReason

_OF_THE_PROVIDER: Final = frozenset(ProviderReason) - {
    ProviderReason.MODEL_NOT_FOUND,  # these two speak of the request
    ProviderReason.REJECTED,
}


@dataclass(slots=True)
class _Circuit:
    """Failures in a row; with too many of them, the time until which to go elsewhere."""

    reason: ProviderReason
    failures: int = 0
    pause: float = 0.0
    until: datetime | None = None


class Circuits:
    """Counts each provider's failures in a row, and says whom to spare for a while.

    After ``threshold`` of them a provider is failing, until it answers again. While it is, one
    question is let through after ``first_pause`` seconds, the next after twice as long, and so
    on up to ``longest_pause``.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        threshold: int = 5,
        first_pause: float = 10.0,
        longest_pause: float = 300.0,
    ) -> None:
        self._clock = clock
        self._threshold = threshold
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._circuits: dict[str, _Circuit] = {}

    def admits(self, provider: str) -> bool:
        """Tell whether to ask the provider now; a yes for one that is failing is a probe."""
        circuit = self._circuits.get(provider)
        if circuit is None or circuit.until is None:
            return True
        now = self._clock.now()
        if now < circuit.until:
            return False
        circuit.pause = min(circuit.pause * 2, self._longest_pause)
        circuit.until = now + timedelta(seconds=circuit.pause)
        return True

    def failed(self, provider: str, reason: ProviderReason) -> None:
        """Count a failure, if it is one that speaks of the provider and not of the request."""
        if reason not in _OF_THE_PROVIDER:
            return
        circuit = self._circuits.setdefault(provider, _Circuit(reason))
        circuit.reason = reason
        circuit.failures += 1
        if circuit.failures >= self._threshold and circuit.until is None:
            circuit.pause = self._first_pause
            circuit.until = self._clock.now() + timedelta(seconds=circuit.pause)

    def answered(self, provider: str) -> None:
        """Forget the provider's failures: it gave a whole answer."""
        self._circuits.pop(provider, None)

    def failing(self) -> Mapping[str, ProviderReason]:
        """Return the providers that are failing, each with its last reason."""
        return {
            name: circuit.reason
            for name, circuit in self._circuits.items()
            if circuit.until is not None
        }

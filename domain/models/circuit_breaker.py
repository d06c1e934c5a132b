"""The circuit breaker: providers that keep failing are left out for a while, per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.shared.clock import Clock
from domain.shared.errors import ProviderReason

_OF_THE_PROVIDER: Final = frozenset(ProviderReason) - {
    ProviderReason.MODEL_NOT_FOUND,  # these two are faults of the request
    ProviderReason.REJECTED,
}


@dataclass(slots=True)
class _Circuit:
    """A provider's consecutive failures; ``until`` is set while the circuit is open."""

    reason: ProviderReason
    failures: int = 0
    pause: float = 0.0
    until: datetime | None = None


class CircuitBreaker:
    """Circuit breakers, one for each provider.

    After ``threshold`` consecutive failures the circuit is open, until the provider answers again.
    While it is open one request is admitted as a probe after ``first_pause`` seconds, the next
    after twice as long, and so on up to ``longest_pause``.
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
        self._circuit_breaker: dict[str, _Circuit] = {}

    def admits(self, provider: str) -> bool:
        """Tell whether to ask the provider now; True for an open circuit makes it a probe."""
        circuit = self._circuit_breaker.get(provider)
        if circuit is None or circuit.until is None:
            return True
        now = self._clock.now()
        if now < circuit.until:
            return False
        circuit.pause = min(circuit.pause * 2, self._longest_pause)
        circuit.until = now + timedelta(seconds=circuit.pause)
        return True

    def failed(self, provider: str, reason: ProviderReason) -> None:
        """Count a failure, if it is the provider's fault and not the request's."""
        if reason not in _OF_THE_PROVIDER:
            return
        circuit = self._circuit_breaker.setdefault(provider, _Circuit(reason))
        circuit.reason = reason
        circuit.failures += 1
        if circuit.failures >= self._threshold and circuit.until is None:
            circuit.pause = self._first_pause
            circuit.until = self._clock.now() + timedelta(seconds=circuit.pause)

    def answered(self, provider: str) -> None:
        """Close the circuit: the provider gave a whole answer."""
        self._circuit_breaker.pop(provider, None)

    def failing(self) -> Mapping[str, ProviderReason]:
        """Return the providers whose circuit is open, each with its last reason."""
        return {
            name: circuit.reason
            for name, circuit in self._circuit_breaker.items()
            if circuit.until is not None
        }

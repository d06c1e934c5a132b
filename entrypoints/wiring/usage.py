"""Usage: reports of what was used."""

from dataclasses import dataclass

from domain.shared.clock import Clock
from domain.usage.service import UsageService
from entrypoints.wiring.adapters.persistence import Persistence


@dataclass(frozen=True, slots=True)
class UsageParts:
    """What tells what was used."""

    reports: UsageService


def wire_usage(persistence: Persistence, clock: Clock) -> UsageParts:
    """Put together what tells what was used."""
    return UsageParts(UsageService(persistence.store.usage, clock))

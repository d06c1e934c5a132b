"""Retention: what deletes old rows."""

from domain.monitoring.counting import DELETED
from domain.retention.retention import Retention
from domain.shared.clock import Clock
from entrypoints.settings.settings import Settings
from entrypoints.wiring.adapters.persistence import Persistence


def wire_retention(settings: Settings, persistence: Persistence, clock: Clock) -> Retention:
    """Put together what deletes old rows; it does not work yet."""

    def count(kind: str, number: int) -> None:
        persistence.counts.add(DELETED + kind, number)

    return Retention(persistence.store.expiring, clock, settings.retention_ages, count=count)

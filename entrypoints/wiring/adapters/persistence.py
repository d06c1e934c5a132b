"""What is stored, and the runs of this process that are followed."""

from dataclasses import dataclass
from typing import Final

from adapters.persistence import Database, Store
from domain.configuration.configuration import Configuration
from domain.monitoring.counting import CountedRunLog, CountedRuns, Counts
from domain.runs.live import POLL_SECONDS, LiveRuns
from domain.runs.store import RunStore
from domain.shared.idempotency import Idempotency
from entrypoints.settings.settings import Settings

POLL_SECONDS_WITH_NEWS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Persistence:
    """The database and its repositories; ``runs`` count what they store."""

    database: Database
    store: Store
    counts: Counts
    runs: RunStore
    once: Idempotency


def wire_persistence(settings: Settings) -> Persistence:
    """Put together what is stored; the database is not open yet."""
    database, counts = _database(settings), Counts()
    store = Store(database, _initial(settings))
    return Persistence(
        database=database,
        store=store,
        counts=counts,
        runs=RunStore(
            CountedRuns(store.runs, counts),
            CountedRunLog(store.log, counts),
            _live_runs(database),
        ),
        once=Idempotency(store.answers, store.unit_of_work),
    )


def _database(settings: Settings) -> Database:
    """Return the database; ``direct_url`` is set where a pooler stands between."""
    through, direct = settings.database.url, settings.direct_database.url
    return Database(through, direct_url=direct if direct != through else None)


def _initial(settings: Settings) -> Configuration:
    """Return the configuration that holds until somebody changes it."""
    return Configuration(
        provider=settings.chosen_provider,
        model=settings.model,
        autonomy=settings.autonomy,
        fallbacks=settings.fallbacks,
    )


def _live_runs(database: Database) -> LiveRuns:
    """Return the runs that are followed, looked at less often where the database gives news."""
    live = LiveRuns()
    has_news = database.engine == "postgresql"  # the database says when to look
    live.poll_seconds = POLL_SECONDS_WITH_NEWS if has_news else POLL_SECONDS
    return live

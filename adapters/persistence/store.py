"""Everything that is stored, over one database."""

from dataclasses import dataclass

from adapters.persistence.artifacts import TortoiseArtifacts
from adapters.persistence.audit import TortoiseAudit
from adapters.persistence.configurations import TortoiseConfigurations
from adapters.persistence.conversations import TortoiseConversations
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.signals import NoSignals, PostgresSignals
from adapters.persistence.engine.unit_of_work import TortoiseUnitOfWork
from adapters.persistence.idempotency import TortoiseAnswers
from adapters.persistence.learned_apis.apis import TortoiseLearnedApis
from adapters.persistence.learned_apis.credentials import TortoiseApiKeys
from adapters.persistence.monitoring import TortoiseMonitoring
from adapters.persistence.runs.consents import TortoiseConsents
from adapters.persistence.runs.leases import TortoiseLeases
from adapters.persistence.runs.log import TortoiseRunLog
from adapters.persistence.runs.queries import TortoiseRunQueries
from adapters.persistence.runs.runs import TortoiseRuns
from adapters.persistence.switches import TortoiseSwitches
from adapters.persistence.tickets import TortoiseTickets
from adapters.persistence.users import TortoiseSessions, TortoiseUsers
from adapters.persistence.worker_heartbeats import TortoisePulses
from domain.configuration.configuration import Configuration
from domain.runs.ports import Signals


@dataclass(frozen=True, slots=True)
class Store:
    """The repositories over one database, their unit of work, and the news of other workers."""

    users: TortoiseUsers
    sessions: TortoiseSessions
    conversations: TortoiseConversations
    runs: TortoiseRuns
    run_queries: TortoiseRunQueries
    log: TortoiseRunLog
    leases: TortoiseLeases
    consents: TortoiseConsents
    artifacts: TortoiseArtifacts
    answers: TortoiseAnswers
    audit: TortoiseAudit
    configurations: TortoiseConfigurations
    switches: TortoiseSwitches
    monitoring: TortoiseMonitoring
    pulses: TortoisePulses
    learned_apis: TortoiseLearnedApis
    api_keys: TortoiseApiKeys
    tickets: TortoiseTickets
    signals: Signals
    unit_of_work: TortoiseUnitOfWork

    @classmethod
    def over(cls, database: Database, initial: Configuration | None = None) -> "Store":
        """Return the repositories; ``initial`` is the configuration until somebody changes it."""
        return cls(
            users=TortoiseUsers(database),
            sessions=TortoiseSessions(database),
            conversations=TortoiseConversations(database),
            runs=TortoiseRuns(database),
            run_queries=TortoiseRunQueries(database),
            log=TortoiseRunLog(database),
            leases=TortoiseLeases(database),
            consents=TortoiseConsents(database),
            artifacts=TortoiseArtifacts(database),
            answers=TortoiseAnswers(database),
            audit=TortoiseAudit(database),
            configurations=TortoiseConfigurations(database, initial),
            switches=TortoiseSwitches(database),
            monitoring=TortoiseMonitoring(database),
            pulses=TortoisePulses(database),
            learned_apis=TortoiseLearnedApis(database),
            api_keys=TortoiseApiKeys(database),
            tickets=TortoiseTickets(database),
            signals=_signals(database),
            unit_of_work=database.unit_of_work,
        )


def _signals(database: Database) -> Signals:
    if database.engine == "postgresql":
        return PostgresSignals(database.direct_url, database.health)
    return NoSignals()

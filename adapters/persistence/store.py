"""The store: all repositories over one database."""

from adapters.persistence.accounts.api_keys import TortoiseApiKeys
from adapters.persistence.accounts.connected_accounts import (
    TortoiseConnectedAccounts,
    TortoisePendingConnections,
)
from adapters.persistence.accounts.foreign_identities import TortoiseForeignIdentities
from adapters.persistence.accounts.password_resets import TortoisePasswordResets
from adapters.persistence.accounts.sessions import TortoiseSessions
from adapters.persistence.accounts.tickets import TortoiseTickets
from adapters.persistence.accounts.user_records import TortoiseUserRecords
from adapters.persistence.accounts.users import TortoiseUsers
from adapters.persistence.artifacts import TortoiseArtifacts
from adapters.persistence.audit import TortoiseAudit
from adapters.persistence.configurations import TortoiseConfigurations
from adapters.persistence.conversations import TortoiseConversations
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.signals import NoSignals, PostgresSignals
from adapters.persistence.idempotency import TortoiseIdempotencyStore
from adapters.persistence.learned_apis.apis import TortoiseLearnedApis
from adapters.persistence.learned_apis.credentials import TortoiseLearnedCredentials
from adapters.persistence.limits import TortoiseBuckets
from adapters.persistence.monitoring.log_entries import TortoiseLogEntries
from adapters.persistence.monitoring.readings import TortoiseMonitoring
from adapters.persistence.monitoring.worker_heartbeats import TortoiseWorkerHeartbeats
from adapters.persistence.plugin_settings import TortoisePluginSettings
from adapters.persistence.plugin_values import TortoisePluginValues
from adapters.persistence.retention import TortoiseExpiringRows
from adapters.persistence.runs.consents import TortoiseConsents
from adapters.persistence.runs.leases import TortoiseLeases
from adapters.persistence.runs.log import TortoiseRunLog
from adapters.persistence.runs.queries import TortoiseRunQueries
from adapters.persistence.runs.runs import TortoiseRuns
from adapters.persistence.switches import TortoiseSwitches
from adapters.persistence.usage.budgets import TortoiseBudgets
from adapters.persistence.usage.ledger import TortoiseUsageLedger
from adapters.persistence.webhooks.deliveries import TortoiseDeliveries
from adapters.persistence.webhooks.outbox import TortoiseOutbox
from adapters.persistence.webhooks.webhooks import TortoiseWebhooks
from domain.accounts.identity_provider import ForeignIdentities
from domain.accounts.ports import ApiKeys, PasswordResets, Sessions, Tickets, UserRecords, Users
from domain.configuration.configuration import Configuration
from domain.configuration.ports import Configurations
from domain.connected_accounts.ports import ConnectedAccounts, PendingConnections
from domain.consents.ports import Consents
from domain.conversations.ports import Conversations
from domain.learning.ports import LearnedApis, LearnedCredentials
from domain.limits.ports import Buckets
from domain.monitoring.logs import LogEntries
from domain.monitoring.ports import Monitoring, WorkerHeartbeats
from domain.notifications.ports import Outbox
from domain.plugins.ports import StoredSettings, Switches
from domain.policy.audit import Audit
from domain.retention.retention import ExpiringRows
from domain.runs.ports import Leases, RunLog, RunQueries, Runs, Signals
from domain.shared.idempotency import IdempotencyStore
from domain.shared.unit_of_work import UnitOfWork
from domain.tools.ports import Artifacts
from domain.tools.storage import StoredValues
from domain.usage.ports import Budgets, UsageLedger
from domain.webhooks.ports import Deliveries, Webhooks


class Store:
    """The repositories over one database, their unit of work, and the signals between workers.

    ``initial`` is the configuration that holds until the first change.
    """

    def __init__(self, database: Database, initial: Configuration | None = None) -> None:
        self.users: Users = TortoiseUsers(database)
        self.sessions: Sessions = TortoiseSessions(database)
        self.conversations: Conversations = TortoiseConversations(database)
        self.runs: Runs = TortoiseRuns(database)
        self.run_queries: RunQueries = TortoiseRunQueries(database)
        self.log: RunLog = TortoiseRunLog(database)
        self.leases: Leases = TortoiseLeases(database)
        self.consents: Consents = TortoiseConsents(database)
        self.artifacts: Artifacts = TortoiseArtifacts(database)
        self.answers: IdempotencyStore = TortoiseIdempotencyStore(database)
        self.audit: Audit = TortoiseAudit(database)
        self.configurations: Configurations = TortoiseConfigurations(database, initial)
        self.switches: Switches = TortoiseSwitches(database)
        self.plugin_settings: StoredSettings = TortoisePluginSettings(database)
        self.plugin_values: StoredValues = TortoisePluginValues(database)
        self.monitoring: Monitoring = TortoiseMonitoring(database)
        self.heartbeats: WorkerHeartbeats = TortoiseWorkerHeartbeats(database)
        self.log_entries: LogEntries = TortoiseLogEntries(database)
        self.expiring: ExpiringRows = TortoiseExpiringRows(database)
        self.learned_apis: LearnedApis = TortoiseLearnedApis(database)
        self.api_keys: LearnedCredentials = TortoiseLearnedCredentials(database)
        self.user_records: UserRecords = TortoiseUserRecords(database)
        self.password_resets: PasswordResets = TortoisePasswordResets(database)
        self.tickets: Tickets = TortoiseTickets(database)
        self.foreign_identities: ForeignIdentities = TortoiseForeignIdentities(database)
        self.program_keys: ApiKeys = TortoiseApiKeys(database)
        self.buckets: Buckets = TortoiseBuckets(database)
        self.connected_accounts: ConnectedAccounts = TortoiseConnectedAccounts(database)
        self.pending_connections: PendingConnections = TortoisePendingConnections(database)
        self.usage: UsageLedger = TortoiseUsageLedger(database)
        self.budgets: Budgets = TortoiseBudgets(database)
        self.outbox: Outbox = TortoiseOutbox(database)
        self.webhooks: Webhooks = TortoiseWebhooks(database)
        self.deliveries: Deliveries = TortoiseDeliveries(database)
        self.signals: Signals = _signals(database)
        self.unit_of_work: UnitOfWork = database.unit_of_work


def _signals(database: Database) -> Signals:
    if database.engine == "postgresql":
        return PostgresSignals(database.direct_url, database.health)
    return NoSignals()

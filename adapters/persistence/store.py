"""Everything that is stored, over one database."""

from dataclasses import dataclass

from adapters.persistence.configurations import TortoiseConfigurations
from adapters.persistence.conversations import TortoiseConversations
from adapters.persistence.database import Database
from adapters.persistence.leases import TortoiseLeases
from adapters.persistence.run_log import TortoiseRunLog
from adapters.persistence.runs import TortoiseRuns
from adapters.persistence.unit_of_work import TortoiseUnitOfWork
from adapters.persistence.users import TortoiseSessions, TortoiseUsers
from domain.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Store:
    """The repositories over one database, and the unit of work that they take part in."""

    users: TortoiseUsers
    sessions: TortoiseSessions
    conversations: TortoiseConversations
    runs: TortoiseRuns
    log: TortoiseRunLog
    leases: TortoiseLeases
    configurations: TortoiseConfigurations
    unit_of_work: TortoiseUnitOfWork

    @classmethod
    def over(cls, database: Database, initial: Configuration | None = None) -> "Store":
        """Return the repositories; ``initial`` is the configuration until somebody changes it."""
        return cls(
            users=TortoiseUsers(database),
            sessions=TortoiseSessions(database),
            conversations=TortoiseConversations(database),
            runs=TortoiseRuns(database),
            log=TortoiseRunLog(database),
            leases=TortoiseLeases(database),
            configurations=TortoiseConfigurations(database, initial),
            unit_of_work=database.unit_of_work,
        )

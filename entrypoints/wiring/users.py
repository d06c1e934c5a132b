"""Users: what administrators do with them."""

from dataclasses import dataclass

from domain.accounts.administration import UserAdministration
from domain.execution.user_runs import WorkerRuns
from domain.shared.clock import Clock
from entrypoints.wiring.accounts import AccountParts
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.runs import RunParts


@dataclass(frozen=True, slots=True)
class UserParts:
    """Who looks after the users."""

    administration: UserAdministration


def wire_users(
    persistence: Persistence, accounts: AccountParts, runs: RunParts, clock: Clock
) -> UserParts:
    """Put together what looks after users, which ends their runs, too."""
    store = persistence.store
    administration = UserAdministration(
        store.users,
        store.sessions,
        accounts.callers,
        WorkerRuns(store.runs, runs.worker, store.unit_of_work),
        store.unit_of_work,
        clock,
    )
    return UserParts(administration)

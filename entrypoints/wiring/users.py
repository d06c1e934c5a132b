"""Users: what administrators do with them, and they with their passwords and sessions."""

from dataclasses import dataclass

from domain.accounts.administration import UserAdministration
from domain.accounts.export import UserExport
from domain.accounts.login_watch import LoginWatch
from domain.accounts.passwords import PasswordService
from domain.accounts.ports import Passwords
from domain.accounts.provider_login import LoginService
from domain.accounts.sessions import SessionService
from domain.accounts.sign_in import SignIn
from domain.execution.user_runs import WorkerRuns
from domain.limits.service import RateLimits
from domain.shared.clock import Clock
from entrypoints.wiring.accounts import AccountParts
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.runs import RunParts


@dataclass(frozen=True, slots=True)
class UserParts:
    """Who lets users in, and looks after them and their logins."""

    administration: UserAdministration
    passwords: PasswordService
    sessions: SessionService
    login_watch: LoginWatch
    export: UserExport
    sign_in: SignIn
    logins: LoginService | None


def wire_users(
    persistence: Persistence,
    passwords: Passwords,
    accounts: AccountParts,
    runs: RunParts,
    limits: RateLimits,
    clock: Clock,
) -> UserParts:
    """Put together what looks after users, which ends their runs, too."""
    store, callers = persistence.store, accounts.callers
    administration = UserAdministration(
        store.users,
        store.sessions,
        callers,
        WorkerRuns(store.runs, runs.worker, store.unit_of_work),
        store.unit_of_work,
        clock,
    )
    password_service = PasswordService(
        store.users,
        store.sessions,
        store.password_resets,
        passwords,
        callers,
        store.unit_of_work,
        clock,
    )
    return UserParts(
        administration,
        password_service,
        SessionService(store.sessions, callers, clock),
        LoginWatch(store.sessions, store.program_keys, store.foreign_identities, clock),
        UserExport(store.users, store.user_records),
        SignIn(accounts.authentication, password_service, store.users, limits),
        accounts.logins,
    )

"""What looks after users, over the store in memory."""

from typing_extensions import override

from adapters.persistence import Store
from domain.accounts.administration import UserAdministration
from domain.accounts.authentication import Authentication
from domain.accounts.callers import ApiKeyService, Callers
from domain.accounts.login_watch import LoginWatch
from domain.accounts.passwords import PasswordService
from domain.accounts.ports import UserRuns
from domain.accounts.sessions import SessionService
from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from tests.adapters.persistence.stores import NOW, a_user
from tests.fakes.clock import FakeClock
from tests.fakes.security import FakePasswords, FakeTokens


class NotedRuns(UserRuns):
    """Notes whose runs are to be cancelled."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []

    @override
    async def cancel_all(self, user_id: str) -> None:
        self.cancelled.append(user_id)


class UserOffice:
    """The use cases of users over a store."""

    def __init__(
        self, store: Store, clock: Clock | None = None, tokens: FakeTokens | None = None
    ) -> None:
        clock = clock or FakeClock(NOW)
        self.store = store
        self.tokens = tokens or FakeTokens(clock)
        self.runs = NotedRuns()
        self.hashing = FakePasswords()
        self.authentication = Authentication(
            store.users,
            store.sessions,
            self.hashing,
            self.tokens,
            store.unit_of_work,
            clock,
        )
        self.api_keys = ApiKeyService(store.program_keys, clock)
        self.callers = Callers(self.authentication, self.api_keys)
        self.administration = UserAdministration(
            store.users,
            store.sessions,
            self.callers,
            self.runs,
            store.unit_of_work,
            clock,
            settle_seconds=0,
        )
        self.passwords = PasswordService(
            store.users,
            store.sessions,
            store.password_resets,
            self.hashing,
            self.callers,
            store.unit_of_work,
            clock,
        )
        self.sessions = SessionService(store.sessions, self.callers, clock)
        self.login_watch = LoginWatch(
            store.sessions, store.program_keys, store.foreign_identities, clock
        )

    async def user(self, name: str, role: Role = Role.USER) -> User:
        """Store a user of that name and role."""
        user = a_user(name)
        await self.store.users.add(user, "hash")
        return await self.store.users.set_role(user.id, role)

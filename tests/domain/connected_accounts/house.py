"""Connected accounts over a store in memory and a server that rotates refresh tokens."""

from dataclasses import dataclass, field

from domain.accounts.authentication import Authentication
from domain.accounts.identity import Identity
from domain.connected_accounts.access import AccountAccess
from domain.connected_accounts.account import Account, KeyAccount
from domain.connected_accounts.connected_account import AccountGrant, AccountKey
from domain.connected_accounts.connections import AccountConnections
from domain.connected_accounts.connector import AccountConnector
from domain.connected_accounts.declared import DeclaredAccounts
from domain.connected_accounts.grant_store import GrantStore
from domain.connected_accounts.service import AccountService, AccountState
from domain.consents.replies import ReplyReader
from domain.consents.service import ConsentService
from domain.tools.context import PluginContexts
from domain.tools.storage import MemoryValues
from plugins.authoring.forms import PydanticForms
from tests.domain.builders import NOW
from tests.fakes.authorization_servers import FakeOffers, FakeServers, an_oauth_account
from tests.fakes.clock import FakeClock
from tests.fakes.learned_apis import FakeCipher
from tests.fakes.persistence import FakeStore
from tests.fakes.security import FakePasswords, FakeTokens
from tests.fakes.tools import FakeHttpClients, FakeToolbox

KEYED = KeyAccount(name="crm", title="The CRM", instructions="Make one in your profile.")
BACK = "http://127.0.0.1:8000/api/connected-accounts/callback"


@dataclass
class AccountHouse:
    """All of it; ``worker`` makes what another worker has over the same store."""

    store: FakeStore = field(default_factory=FakeStore)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    offers: FakeOffers = field(default_factory=lambda: FakeOffers(an_oauth_account(), KEYED))
    cipher: FakeCipher = field(default_factory=FakeCipher)

    def __post_init__(self) -> None:
        """Put it together."""
        self.servers = FakeServers(self.clock)
        self.contexts = PluginContexts(FakeHttpClients(), self.clock, MemoryValues())
        self.declared = DeclaredAccounts(self.offers, self.contexts)
        self.grants = GrantStore(self.store.connected_accounts, self.cipher, self.clock)
        self.access = self.worker()
        store = self.store
        self.woken = 0
        self.consents = ConsentService(
            store.consents,
            store.audit,
            store.configurations,
            ReplyReader(FakeToolbox(), PydanticForms()),
            store.unit_of_work,
            self._wake,
            self.clock,
        )
        self.connector = AccountConnector(self.grants, self.consents, store.unit_of_work)
        self.service = AccountService(
            self.declared, store.connected_accounts, self.grants, self.connector, self.servers
        )
        self.authentication = Authentication(
            self.store.users,
            self.store.sessions,
            FakePasswords(),
            FakeTokens(self.clock),
            self.store.unit_of_work,
            self.clock,
        )
        self.connections = AccountConnections(
            self.declared,
            self.store.pending_connections,
            self.connector,
            self.servers,
            self.authentication,
            self.cipher,
            self.clock,
        )

    def _wake(self) -> None:
        self.woken += 1

    def worker(self) -> AccountAccess:
        """Return what gives another worker's tools their credentials."""
        accounts = self.store.connected_accounts
        return AccountAccess(self.declared, accounts, self.grants, self.servers, self.clock)

    async def log_in(self, name: str) -> Identity:
        """Register a user, and return who is logged in."""
        password = "a long password"
        grant = await self.authentication.register(f"{name}@x.org", name.title(), password)
        return await self.authentication.recognise(grant.access_token)

    async def connected(
        self, user_id: str, grant: AccountGrant | None = None, account: Account | None = None
    ) -> AccountKey:
        """Connect an account of the plugin, ``jira`` unless another one is given."""
        declared = account or self.offers.offered[0]
        key = AccountKey(user_id, "tickets", declared.name)
        await self.grants.keep(key, declared, grant or self.servers.grant())
        return key

    async def state(self, identity: Identity, name: str = "jira") -> AccountState:
        """Return how one account of a user is."""
        states = await self.service.find(identity.user)
        return next(state for state in states if state.name == name)

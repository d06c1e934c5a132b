"""Connected accounts: what tools get of them, and what their users do with them."""

from dataclasses import dataclass

from adapters.http.authorization_servers import OAuthServers
from domain.connected_accounts.access import AccountAccess
from domain.connected_accounts.connections import AccountConnections
from domain.connected_accounts.connector import AccountConnector
from domain.connected_accounts.declared import DeclaredAccounts
from domain.connected_accounts.grant_store import GrantStore
from domain.connected_accounts.ports import AuthorizationServers
from domain.connected_accounts.service import AccountService
from domain.consents.service import ConsentService
from domain.shared.cipher import Cipher
from domain.shared.clock import Clock
from entrypoints.wiring.accounts import AccountParts
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.adapters.web import WebParts
from entrypoints.wiring.plugins import PluginParts


@dataclass(frozen=True, slots=True)
class AccountAccessParts:
    """What gives tools the credentials of the user who calls."""

    declared: DeclaredAccounts
    grants: GrantStore
    servers: AuthorizationServers
    access: AccountAccess


def wire_account_access(
    persistence: Persistence, plugins: PluginParts, web: WebParts, cipher: Cipher, clock: Clock
) -> AccountAccessParts:
    """Put together what gives tools their users' credentials."""
    accounts = persistence.store.connected_accounts
    declared = DeclaredAccounts(plugins.host, plugins.contexts)
    grants = GrantStore(accounts, cipher, clock)
    servers = OAuthServers(web.transport, clock)
    access = AccountAccess(declared, accounts, grants, servers, clock)
    return AccountAccessParts(declared, grants, servers, access)


@dataclass(frozen=True, slots=True)
class ConnectedAccountParts:
    """What users do with their connected accounts."""

    service: AccountService
    connections: AccountConnections
    connector: AccountConnector


def wire_connected_accounts(
    persistence: Persistence,
    access: AccountAccessParts,
    accounts: AccountParts,
    consents: ConsentService,
    cipher: Cipher,
    clock: Clock,
) -> ConnectedAccountParts:
    """Put together what connects accounts, and looks after them."""
    store = persistence.store
    connector = AccountConnector(access.grants, consents, store.unit_of_work)
    return ConnectedAccountParts(
        connector=connector,
        service=AccountService(
            access.declared, store.connected_accounts, access.grants, connector, access.servers
        ),
        connections=AccountConnections(
            access.declared,
            store.pending_connections,
            connector,
            access.servers,
            accounts.authentication,
            cipher,
            clock,
        ),
    )

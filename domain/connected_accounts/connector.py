"""Connecting: what gives access is stored, and the runs that wait for it go on."""

from domain.accounts.users import User
from domain.connected_accounts.account import Account
from domain.connected_accounts.connected_account import AccountGrant, AccountKey
from domain.connected_accounts.grant_store import GrantStore
from domain.consents.service import ConsentService
from domain.shared.unit_of_work import UnitOfWork


class AccountConnector:
    """Stores the grant of an account that a user has connected, and answers who waits for it."""

    def __init__(
        self, grants: GrantStore, consents: ConsentService, unit_of_work: UnitOfWork
    ) -> None:
        self._grants = grants
        self._consents = consents
        self._unit_of_work = unit_of_work

    async def connect(
        self, user: User, plugin: str, account: Account, grant: AccountGrant
    ) -> AccountKey:
        """Store a grant, in place of any before, and let the user's runs go on that wait for it.

        Both are one transaction. A run that begins to wait meanwhile either sees the account before
        it parks, or is seen by the second look.
        """
        key = AccountKey(user.id, plugin, account.name)

        async def store() -> None:
            await self._grants.keep(key, account, grant)
            await self._consents.account_connected(user, plugin, account.name)

        await self._unit_of_work.run(store)
        await self._consents.account_connected(user, plugin, account.name)
        return key

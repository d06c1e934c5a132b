"""Connected accounts, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from domain.connected_accounts.connected_account import (
    AccountKey,
    ConnectedAccount,
    PendingConnection,
)
from domain.connected_accounts.ports import ConnectedAccounts, PendingConnections
from tests.fakes.memory import Memory, StoredAccount


class FakeConnectedAccounts(ConnectedAccounts):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def put(self, account: ConnectedAccount) -> None:
        before = self._memory.connected_accounts.get(account.key)
        if before is not None:
            revision = before.account.revision + 1
            account = replace(account, id=before.account.id, revision=revision)
        self._memory.connected_accounts[account.key] = StoredAccount(account)

    @override
    async def get(self, key: AccountKey) -> ConnectedAccount | None:
        stored = self._memory.connected_accounts.get(key)
        return None if stored is None else stored.account

    @override
    async def of_user(self, user_id: str) -> Sequence[ConnectedAccount]:
        accounts = [stored.account for stored in self._memory.connected_accounts.values()]
        mine = [account for account in accounts if account.key.user_id == user_id]
        return sorted(mine, key=lambda account: (account.key.plugin, account.key.name))

    @override
    async def change(self, account: ConnectedAccount) -> bool:
        if self._unchanged(account) is None:
            return False
        changed = replace(account, revision=account.revision + 1)
        self._memory.connected_accounts[account.key] = StoredAccount(changed)
        return True

    @override
    async def begin_renewal(
        self, account: ConnectedAccount, now: datetime, until: datetime
    ) -> bool:
        stored = self._unchanged(account)
        if stored is None or (stored.renewed_until is not None and stored.renewed_until > now):
            return False
        renewing = replace(stored, renewed_until=until)
        self._memory.connected_accounts[account.key] = renewing
        return True

    @override
    async def end_renewal(self, account: ConnectedAccount) -> None:
        if (stored := self._unchanged(account)) is not None:
            self._memory.connected_accounts[account.key] = replace(stored, renewed_until=None)

    @override
    async def remove(self, key: AccountKey) -> ConnectedAccount | None:
        stored = self._memory.connected_accounts.pop(key, None)
        return None if stored is None else stored.account

    def _unchanged(self, account: ConnectedAccount) -> StoredAccount | None:
        stored = self._memory.connected_accounts.get(account.key)
        if stored is None or stored.account.id != account.id:
            return None
        return stored if stored.account.revision == account.revision else None


class FakePendingConnections(PendingConnections):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def put(self, pending: PendingConnection, now: datetime) -> None:
        for old in list(self._memory.pending_connections.values()):
            if old.expires_at <= now or _place(old) == _place(pending):
                del self._memory.pending_connections[old.fingerprint]
        self._memory.pending_connections[pending.fingerprint] = pending

    @override
    async def get(self, fingerprint: str) -> PendingConnection | None:
        return self._memory.pending_connections.get(fingerprint)

    @override
    async def take(self, fingerprint: str) -> PendingConnection | None:
        return self._memory.pending_connections.pop(fingerprint, None)


def _place(pending: PendingConnection) -> tuple[str, str, str]:
    return pending.session_id, pending.plugin, pending.name

"""The grants of connected accounts: encrypted for the store, decrypted for a call."""

from dataclasses import replace

from domain.connected_accounts.account import Account
from domain.connected_accounts.connected_account import AccountGrant, AccountKey, ConnectedAccount
from domain.connected_accounts.ports import ConnectedAccounts
from domain.shared.cipher import Cipher, open_json, seal_json
from domain.shared.clock import Clock
from domain.shared.ids import new_id
from domain.shared.secrets_in_use import IN_USE


class GrantStore:
    """Encrypts grants, and decrypts them for calls only."""

    def __init__(self, accounts: ConnectedAccounts, cipher: Cipher, clock: Clock) -> None:
        self._accounts = accounts
        self._cipher = cipher
        self._clock = clock

    async def keep(self, key: AccountKey, account: Account, grant: AccountGrant) -> None:
        """Store the grant of an account that has just been connected, in place of any before."""
        await self._accounts.put(
            ConnectedAccount(
                id=new_id(),
                key=key,
                terms=account.terms,
                sealed=self._sealed(key, grant),
                scopes=grant.scopes,
                connected_at=self._clock.now(),
            )
        )

    async def change(self, stored: ConnectedAccount, grant: AccountGrant) -> bool:
        """Store the next grant; False: the account was connected anew, or removed, meanwhile."""
        sealed = self._sealed(stored.key, grant)
        return await self._accounts.change(replace(stored, sealed=sealed, scopes=grant.scopes))

    async def lapse(self, stored: ConnectedAccount, problem: str) -> None:
        """Store that the account's grant is accepted no more, unless it has changed meanwhile."""
        await self._accounts.change(replace(stored, sealed=None, problem=problem))

    async def current(self, stored: ConnectedAccount) -> AccountGrant:
        """Return the grant for a call; after a change of the key it is encrypted anew.

        Raises:
            Unavailable: it cannot be decrypted here.

        """
        grant = self.opened(stored)
        if stored.sealed is not None and not self._cipher.is_current(stored.sealed):
            await self.change(stored, grant)
        return grant

    def opened(self, stored: ConnectedAccount) -> AccountGrant:
        """Return the grant of an account that has one.

        Raises:
            Unavailable: it cannot be decrypted here.

        """
        values = open_json(self._cipher, stored.sealed or b"", stored.key.place)
        return _hidden_in_log(AccountGrant.from_json(values))

    def _sealed(self, key: AccountKey, grant: AccountGrant) -> bytes:
        _hidden_in_log(grant)
        return seal_json(self._cipher, grant.to_json(), key.place)


def _hidden_in_log(grant: AccountGrant) -> AccountGrant:
    """Return the grant; its tokens are redacted from now on, whoever logs them."""
    IN_USE.add([grant.token, grant.refresh_token])
    return grant
